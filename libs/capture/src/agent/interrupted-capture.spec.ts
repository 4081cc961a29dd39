import {
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { captureTree, WorkerPool } from './index.ts';
import { IN_FLIGHT_BYTES } from './limits.ts';
import { noise, Scene } from './test-trees.ts';

const FILES = 60;
const FILE_BYTES = 1_000_000;
/** Read in windows of its own, and at its place among the others. */
const BIG_BYTES = 20_000_000;
const TREE_BYTES = FILES * FILE_BYTES + BIG_BYTES;

const workers = new WorkerPool(2);
let scene: Scene;
let files: Map<string, Buffer>;
beforeEach(() => {
  scene = new Scene(workers);
  files = new Map();
  for (let file = 0; file < FILES; file += 1) write(`d${file % 7}/f${file}`, noise(FILE_BYTES, file));
  write('d3/big', noise(BIG_BYTES, 1000));
});
afterEach(() => scene.remove());
afterAll(() => workers.close());

function write(path: string, bytes: Buffer): void {
  files.set(path, bytes);
  scene.write(path, bytes);
}

/** Cut off when so many messages of frames have arrived, as the end of a set cuts it off; a kill leaves the same files. */
async function cutOff(messages: number): Promise<void> {
  const abort = new AbortController();
  const last = scene.peer.framesMessages + messages;
  scene.peer.behaviour.admit = (arrived) => {
    if (arrived >= last) abort.abort();
    return true;
  };
  const capturing = captureTree({ ...scene.options, signal: abort.signal });
  await expect(capturing).rejects.toMatchObject({ code: 'CANCELLED' });
  scene.peer.behaviour.admit = () => true;
}

/** Captures to the end; checks every byte of it. How many bytes were read. */
async function captureWhole(): Promise<number> {
  const { root, bytesRead } = await captureTree(scene.options);
  const captured = scene.peer.tree(root).filter(({ entry }) => entry.type === 'file');
  expect(captured).toHaveLength(files.size);
  for (const { entry, bytes } of captured) expect(bytes.equals(files.get(entry.path.toString())!)).toBe(true);
  return Number(bytesRead);
}

function journals(): string[] {
  return readdirSync(join(scene.options.stateDir, 'manifests'))
    .filter((name) => name.includes('journal'))
    .sort()
    .map((name) => join(scene.options.stateDir, 'manifests', name));
}

describe('a capture whose connection breaks', () => {
  it('reads no more again than what was on its way', async () => {
    scene.peer.behaviour.admit = (messages) => messages !== 30;
    // Not written yet, and written and not durable.
    const onTheWay = IN_FLIGHT_BYTES + scene.peer.behaviour.windowBytes;
    expect(await captureWhole()).toBeLessThanOrEqual(TREE_BYTES + onTheWay);
    expect(scene.peer.calls).toBe(2);
  });
});

describe('a capture behind one that was cut off', () => {
  it('reads nothing again that was finished, and leaves no journal', async () => {
    await cutOff(40);
    expect(journals()).toHaveLength(1);
    const read = await captureWhole();
    // On its way may have been the big file, beside what is not durable yet.
    const onTheWay = IN_FLIGHT_BYTES + scene.peer.behaviour.windowBytes;
    expect(read).toBeLessThanOrEqual(TREE_BYTES - 40 * FILE_BYTES + BIG_BYTES + onTheWay);
    expect(read).toBeLessThan(TREE_BYTES);
    expect(journals()).toEqual([]);
    expect(await captureWhole()).toBe(0);
  });

  it('builds upon every one of several that were cut off', async () => {
    for (let times = 0; times < 4; times += 1) await cutOff(12);
    expect(journals().length).toBeGreaterThan(1);
    const before = scene.peer.framesReceived;
    const read = await captureWhole();
    expect(read).toBeLessThan(TREE_BYTES / 2 + BIG_BYTES);
    expect(scene.peer.framesReceived).toBeGreaterThan(before);
    expect(journals()).toEqual([]);
  });

  it('reads what changed since, and what the server has no more', async () => {
    await cutOff(40);
    write('d0/f0', noise(FILE_BYTES, 2000));
    const [lost] = scene.peer.chunks.keys();
    scene.peer.chunks.delete(lost!);
    await captureWhole();
  });

  it('takes what is there of a journal whose end was torn off, and of one that is nothing but noise nothing', async () => {
    await cutOff(40);
    const [journal] = journals();
    truncateSync(journal!, Math.floor(statSync(journal!).size / 2));
    expect(await captureWhole()).toBeLessThan(TREE_BYTES);
    write('d0/f0', noise(FILE_BYTES, 2000));
    writeFileSync(`${scene.options.stateDir}/manifests/tree.journal-1`, noise(5000, 1));
    await captureWhole();
  });

  it('of another tree under the same name reads everything', async () => {
    await cutOff(40);
    const moved = join(scene.directory, 'moved');
    renameSync(scene.root, moved);
    const { bytesRead } = await captureTree({
      ...scene.options,
      tree: { ...scene.options.tree, path: moved },
    });
    expect(Number(bytesRead)).toBeGreaterThanOrEqual(TREE_BYTES);
  });

  it('keeps the names of one file together', async () => {
    linkSync(join(scene.root, 'd0/f0'), join(scene.root, 'd9'));
    files.set('d9', files.get('d0/f0')!);
    await cutOff(40);
    expect(await captureWhole()).toBeLessThan(TREE_BYTES);
  });

  it('says nothing in its journal: no name and no chunk can be read in it', async () => {
    await cutOff(40);
    const bytes = readFileSync(journals()[0]!);
    expect(bytes.includes('d0/f')).toBe(false);
    for (const id of scene.peer.chunks.keys()) expect(bytes.includes(Buffer.from(id, 'hex'))).toBe(false);
  });
});
