import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { captureTree, PacedCall, WorkerPool, type Pace } from './index.ts';
import { noise, Scene } from './test-trees.ts';

const workers = new WorkerPool(2);
let scene: Scene;
let asked: number[];
beforeEach(() => {
  scene = new Scene(workers);
  asked = [];
  for (let file = 0; file < 40; file += 1) scene.write(`f${file}`, noise(300_000, file));
});
afterEach(() => scene.remove());
afterAll(() => workers.close());

async function capture(pace: Pace) {
  const upload = () => new PacedCall(scene.peer.upload(), pace);
  return captureTree({ ...scene.options, upload });
}

const PACES: Record<string, (bytes: number) => Promise<void> | undefined> = {
  'everything at once': () => undefined,
  'everything a while later': () => setImmediate(),
  'every other request a while later': () => (asked.length % 2 === 0 ? undefined : setImmediate()),
};

describe('a paced upload', () => {
  it.each(Object.keys(PACES))('that lets %s brings the same bytes, every one of them paced', async (name) => {
    scene.peer.behaviour.slowEvery = 3;
    const { root, bytesWire } = await capture((bytes) => {
      asked.push(bytes);
      return PACES[name]!(bytes);
    });
    expect(scene.peer.tree(root).filter(({ bytes }) => bytes.length === 300_000)).toHaveLength(40);
    expect(scene.peer.complaints).toEqual([]);
    expect(asked.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(Number(bytesWire));
  });

  it('goes on over a new call when one breaks while requests wait', async () => {
    scene.peer.behaviour.admit = (messages) => messages !== 4;
    const { root } = await capture(() => setImmediate());
    expect(scene.peer.calls).toBe(2);
    expect(scene.peer.tree(root).filter(({ bytes }) => bytes.length === 300_000)).toHaveLength(40);
  });

  it('ends when it is cancelled, however long its turn is in coming', async () => {
    const abort = new AbortController();
    const upload = () =>
      new PacedCall(scene.peer.upload(), (bytes) => {
        if (bytes < 100_000) return undefined;
        abort.abort();
        return new Promise(() => undefined);
      });
    const capturing = captureTree({ ...scene.options, upload, signal: abort.signal });
    await expect(capturing).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
