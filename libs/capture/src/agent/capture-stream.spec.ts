import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { captureStream, WorkerPool } from './index.ts';
import { noise, Scene } from './test-trees.ts';

const workers = new WorkerPool(2);
let scene: Scene;

beforeEach(() => {
  scene = new Scene(workers);
});
afterEach(() => scene.remove());
afterAll(() => workers.close());

function pieces(bytes: Buffer, length: number): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
    })(),
  );
}

describe('captureStream', () => {
  it('keeps a stream as one file, across broken calls', async () => {
    const bytes = Buffer.concat([noise(20 * 1024 * 1024 + 3, 1), Buffer.alloc(5 * 1024 * 1024)]);
    scene.peer.behaviour.admit = (messages) => messages !== 3;
    const result = await captureStream('dump.sql', pieces(bytes, 65_537), { ...scene.options, mtimeNs: 5n });
    const [root, file] = scene.peer.tree(result.root);
    expect(root?.entry).toMatchObject({ type: 'directory', mtimeNs: 5n });
    expect(file?.entry.path.toString()).toBe('dump.sql');
    expect(file?.entry).toMatchObject({ mode: 0o600, mtimeNs: 5n, size: bytes.length });
    expect(file?.bytes.equals(bytes)).toBe(true);
    expect(scene.peer.calls).toBe(2);
    expect(scene.peer.sentTwice).toBe(0);
  });

  it('cuts at the same places however the stream is sliced', async () => {
    const bytes = noise(11 * 1024 * 1024, 2);
    const first = await captureStream('x', pieces(bytes, 1000), { ...scene.options, mtimeNs: 1n });
    const second = await captureStream('x', pieces(bytes, 7_777_777), { ...scene.options, mtimeNs: 1n });
    expect(second.root).toEqual(first.root);
    expect(second.bytesWire).toBe(0n);
  });

  it('keeps an empty stream', async () => {
    const result = await captureStream('x', Readable.from([]), { ...scene.options, mtimeNs: 1n });
    expect(scene.peer.tree(result.root)[1]?.entry).toMatchObject({ size: 0, content: [] });
  });

  it('throws what the stream throws', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.from('a');
        throw new Error('dump failed');
      })(),
    );
    await expect(captureStream('x', broken, { ...scene.options, mtimeNs: 1n })).rejects.toThrow(
      'dump failed',
    );
  });
});
