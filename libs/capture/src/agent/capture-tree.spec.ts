import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { captureTree, forgetManifest, WorkerPool } from './index.ts';
import { noise, Scene, systemTime } from './test-trees.ts';

const workers = new WorkerPool(2);
let scene: Scene;

beforeEach(() => {
  scene = new Scene(workers);
});
afterEach(() => scene.remove());
afterAll(() => workers.close());

function captured(root: Uint8Array): Map<string, { type: string; bytes: Buffer }> {
  return new Map(
    scene.peer
      .tree(root)
      .map(({ entry, bytes }) => [entry.path.toString('latin1'), { type: entry.type, bytes }]),
  );
}

describe('captureTree', () => {
  it('gives back every kind of entry with its bytes and metadata', async () => {
    const longName = 'n'.repeat(255);
    scene.write('a.txt', 'hello');
    scene.write('a/b.txt', 'below a, after a.txt in bytes but before it in a tree');
    scene.write('line\nbreak', 'newline');
    scene.write(longName, 'long');
    scene.write('empty', '');
    scene.write('zero', Buffer.alloc(300_000));
    writeFileSync(Buffer.concat([Buffer.from(`${scene.root}/`), Buffer.from([0xff, 0xfe, 0x41])]), 'bytes');
    symlinkSync('.', join(scene.root, 'loop'));
    symlinkSync('nowhere', join(scene.root, 'dangling'));
    linkSync(join(scene.root, 'a.txt'), join(scene.root, 'hard'));
    execFileSync('mkfifo', [join(scene.root, 'fifo')]);
    scene.write('excluded/x', 'x');
    scene.write('.lifeboat/hold/x', 'ours');
    const result = await captureTree({
      ...scene.options,
      tree: { ...scene.options.tree, excludes: ['excluded'] },
    });

    const tree = captured(result.root);
    expect([...tree.keys()]).toEqual(
      [
        '',
        'a',
        'a/b.txt',
        'a.txt',
        'dangling',
        'empty',
        'fifo',
        'hard',
        'line\nbreak',
        'loop',
        longName,
        'zero',
        '\xff\xfeA',
      ].filter((path) => path !== 'fifo'),
    );
    expect(tree.get('a.txt')?.bytes.toString()).toBe('hello');
    expect(tree.get('hard')?.bytes.toString()).toBe('hello');
    expect(tree.get('\xff\xfeA')?.bytes.toString()).toBe('bytes');
    expect(tree.get('zero')?.bytes.equals(Buffer.alloc(300_000))).toBe(true);
    expect(result.notKept).toContainEqual({ path: 'fifo', reason: 'named pipe' });

    const entries = new Map(
      scene.peer.tree(result.root).map(({ entry }) => [entry.path.toString('latin1'), entry]),
    );
    const stat = lstatSync(join(scene.root, 'a.txt'), { bigint: true });
    expect(entries.get('a.txt')).toMatchObject({
      mtimeNs: stat.mtimeNs,
      ctimeNs: stat.ctimeNs,
      inode: stat.ino,
      linkGroup: stat.ino,
      user: 'root',
    });
    expect(entries.get('hard')?.linkGroup).toBe(stat.ino);
    expect(entries.get('loop')?.linkTarget?.toString()).toBe('.');
    expect(entries.get('zero')?.content).toEqual([{ hole: 300_000 }]);
    expect(scene.peer.complaints).toEqual([]);
  });

  it('reports a socket and goes on', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(scene.root, 'socket'), resolve));
    const result = await captureTree(scene.options);
    await new Promise((resolve) => server.close(resolve));
    expect(result.notKept).toContainEqual({ path: 'socket', reason: 'socket' });
  });

  it('keeps big files, sparse ones too, exactly', async () => {
    const big = noise(23 * 1024 * 1024 + 17, 5);
    scene.write('big', big);
    scene.write('sparse', 'head');
    truncateSync(join(scene.root, 'sparse'), 40 * 1024 * 1024);
    appendFileSync(join(scene.root, 'sparse'), 'tail');
    const result = await captureTree(scene.options);
    const tree = captured(result.root);
    expect(tree.get('big')?.bytes.equals(big)).toBe(true);
    expect(tree.get('sparse')?.bytes.equals(readFileSync(join(scene.root, 'sparse')))).toBe(true);
    expect(result.bytesWire).toBeLessThan(BigInt(big.length + 1024 * 1024));
  });

  it('reads and sends nothing when nothing changed, and has the same root', async () => {
    for (let index = 0; index < 500; index += 1) scene.write(`d${index % 7}/f${index}`, `content ${index}`);
    const first = await captureTree(scene.options);
    expect(first.filesChanged).toBe(500n);
    const frames = scene.peer.framesReceived;
    const second = await captureTree(scene.options);
    expect(second).toMatchObject({
      root: first.root,
      bytesRead: 0n,
      bytesChanged: 0n,
      bytesWire: 0n,
      filesChanged: 0n,
    });
    expect(scene.peer.framesReceived).toBe(frames);
  });

  it('sends only what changed', async () => {
    for (let index = 0; index < 300; index += 1) scene.write(`f${index}`, noise(2000, index));
    await captureTree(scene.options);
    scene.write('f7', 'other');
    rmSync(join(scene.root, 'f8'));
    renameSync(join(scene.root, 'f9'), join(scene.root, 'moved'));
    const second = await captureTree(scene.options);
    expect(second.filesChanged).toBe(2n);
    expect(second.bytesChanged).toBe(5n);
    const tree = captured(second.root);
    expect(tree.get('f7')?.bytes.toString()).toBe('other');
    expect(tree.has('f8')).toBe(false);
    expect(tree.get('moved')?.bytes.equals(noise(2000, 9))).toBe(true);
  });

  it('reads a file again that had changed just before it was read', async () => {
    scene.write('fresh', 'fresh');
    const options = { ...scene.options, clock: systemTime };
    await captureTree(options);
    const second = await captureTree(options);
    expect(second).toMatchObject({ bytesRead: 5n, bytesChanged: 0n });
  });

  it('reads everything again when the server has lost the last manifest, or it was forgotten', async () => {
    scene.write('a', 'a');
    const first = await captureTree(scene.options);
    scene.peer.chunks.clear();
    const second = await captureTree(scene.options);
    expect(captured(second.root).get('a')?.bytes.toString()).toBe('a');
    expect(second.root).toEqual(first.root);
    forgetManifest(scene.options.stateDir, scene.options.tree, scene.options.log);
    expect((await captureTree(scene.options)).filesChanged).toBe(1n);
  });

  it('reads everything again when its own copy of the manifest is damaged', async () => {
    scene.write('a', 'a');
    const first = await captureTree(scene.options);
    const file = join(scene.options.stateDir, 'manifests', 'tree');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(file, bytes);
    const second = await captureTree(scene.options);
    expect(second.root).toEqual(first.root);
    expect(second.bytesRead).toBe(1n);
  });

  it('goes on where it was when the way breaks, and sends nothing twice that was durable', async () => {
    for (let index = 0; index < 900; index += 1) scene.write(`d/f${index}`, noise(30_000, index));
    scene.write('big', noise(12 * 1024 * 1024, 99));
    scene.peer.behaviour.windowBytes = 3 * 1024 * 1024;
    scene.peer.behaviour.slowEvery = 3;
    scene.peer.behaviour.admit = (messages) => messages !== 4 && messages !== 11;
    const result = await captureTree(scene.options);
    expect(scene.peer.calls).toBe(3);
    expect(scene.peer.sentTwice).toBe(0);
    expect(scene.peer.complaints).toEqual([]);
    // Two lanes' keys a call, never used again after it.
    expect(scene.peer.keyIds.size).toBe(6);
    const tree = captured(result.root);
    for (let index = 0; index < 900; index += 1) {
      expect(tree.get(`d/f${index}`)?.bytes.equals(noise(30_000, index))).toBe(true);
    }
    expect(tree.get('big')?.bytes.equals(noise(12 * 1024 * 1024, 99))).toBe(true);
  });

  it('sends equal files once', async () => {
    for (let index = 0; index < 600; index += 1) scene.write(`f${index}`, noise(5000, index % 3));
    const result = await captureTree(scene.options);
    expect(result.bytesChanged).toBe(15_000n);
    expect(scene.peer.sentTwice).toBe(0);
  });

  it('ends when it is told to, with CANCELLED', async () => {
    scene.write('a', 'a');
    scene.peer.behaviour.admit = () => {
      scene.abort.abort();
      return true;
    };
    await expect(captureTree(scene.options)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('does not try again what the server refuses for good', async () => {
    scene.write('a', 'a');
    scene.peer.take = () => Promise.reject(Object.assign(new Error('no'), { code: 7 }));
    await expect(captureTree(scene.options)).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
    expect(scene.peer.calls).toBe(1);
  });

  it('says ROOT_NOT_FOUND for a root that is not there', async () => {
    const tree = { ...scene.options.tree, path: `${scene.root}/absent` };
    await expect(captureTree({ ...scene.options, tree })).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
  });
});
