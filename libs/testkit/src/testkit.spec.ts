import { lstat, readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import {
  compareTrees,
  directory,
  file,
  freePort,
  gate,
  hardlink,
  makeTree,
  movableClock,
  rawName,
  runProcess,
  seededBytes,
  seededRandom,
  sparse,
  startProcess,
  symlink,
  tempDir,
  waitUntil,
  type TreeSpec,
} from './index.ts';

const TREE: TreeSpec = {
  'a.txt': file('hello', { mode: 0o640, mtime: new Date('2020-01-01T00:00:00Z') }),
  sub: directory(
    { b: Buffer.from([0, 1]), again: hardlink('a.txt') },
    { mode: 0o700, mtime: new Date('2021-01-01T00:00:00Z') },
  ),
  link: symlink('../nowhere'),
  [rawName(Uint8Array.of(0xff, 0xfe))]: 'raw',
  hole: sparse(1 << 20, [{ at: 70_000, bytes: Buffer.from('data') }]),
};

describe('makeTree', () => {
  it('makes what it is told, byte names, hard links and holes included', async () => {
    await using dir = await tempDir();
    await makeTree(dir.join('t'), TREE);
    expect(await readFile(dir.join('t/a.txt'), 'utf8')).toBe('hello');
    const [first, again] = [await lstat(dir.join('t/a.txt')), await lstat(dir.join('t/sub/again'))];
    expect(first.ino).toBe(again.ino);
    expect(first.mode & 0o777).toBe(0o640);
    expect((await lstat(dir.join('t/sub'))).mtime).toEqual(new Date('2021-01-01T00:00:00Z'));
    const names = await readdir(Buffer.from(dir.join('t')), { encoding: 'buffer' });
    expect(names.some((name) => name.equals(Buffer.from([0xff, 0xfe])))).toBe(true);
    const hole = await lstat(dir.join('t/hole'));
    expect(hole.size).toBe(1 << 20);
    expect(hole.blocks * 512).toBeLessThan(1 << 20);
  });
});

describe('compareTrees', () => {
  it('is empty for equal trees and names each difference', async () => {
    await using dir = await tempDir();
    const dated: TreeSpec = { x: file('1', { mtime: new Date(0) }), y: file('2', { mtime: new Date(0) }) };
    await makeTree(dir.join('one'), dated);
    await makeTree(dir.join('two'), dated);
    const ignoreTimesOfDirectories = true;
    expect(await compareTrees(dir.join('one'), dir.join('two'), { ignoreTimesOfDirectories })).toEqual([]);
    await makeTree(dir.join('three'), { x: file('9', { mtime: new Date(0) }), z: file('3') });
    const lines = await compareTrees(dir.join('one'), dir.join('three'), { ignoreTimesOfDirectories });
    expect(lines.map((line) => line.replace(/^\S+\s+/, '')).sort()).toEqual(['x', 'y', 'z']);
  });
});

describe('the small helpers', () => {
  it('give the same bytes for the same seed, and longer ones begin with shorter ones', () => {
    expect(seededBytes(7, 1000).subarray(0, 99)).toEqual(seededBytes(7, 99));
    expect(seededBytes(7, 99)).not.toEqual(seededBytes(8, 99));
    expect(seededBytes('a', 3)).toHaveLength(3);
    const random = seededRandom(1);
    for (let at = 0; at < 1000; at++) expect([0, 1, 2]).toContain(random.integer(3));
  });

  it('move time only when told', () => {
    const clock = movableClock(new Date(0));
    clock.advance(1500);
    expect([clock.now().getTime(), clock.monotonic()]).toEqual([1500, 1500]);
    clock.setWall(new Date(10));
    expect([clock.now().getTime(), clock.monotonic()]).toEqual([10, 1500]);
  });

  it('hold code at a gate until it is opened', async () => {
    const { pass, reached, open } = gate();
    let through = false;
    const code = pass().then(() => (through = true));
    await reached;
    expect(through).toBe(false);
    open();
    await code;
    expect(through).toBe(true);
  });

  it('run processes: output, exit code, lines to wait for, early ends', async () => {
    expect(await runProcess('sh', ['-c', 'cat; echo err >&2; exit 3'], { input: 'in' })).toEqual({
      code: 3,
      signal: null,
      stdout: 'in',
      stderr: 'err\n',
    });
    const running = startProcess('sh', ['-c', 'echo ready; exec sleep 60']);
    expect(await running.waitForLine(/ready/)).toBe('ready');
    expect((await running.end()).signal).toBe('SIGTERM');
    await expect(startProcess('sh', ['-c', 'exit 1']).waitForLine(/never/)).rejects.toThrow(/ended early/);
    await expect(runProcess('/no/such/program', [])).rejects.toThrow(/ENOENT/);
  });

  it('wait in vain with a name', async () => {
    await expect(waitUntil('the moon', () => false, { seconds: 0.01 })).rejects.toThrow(/the moon/);
    expect(await waitUntil('one', () => 1)).toBe(1);
    expect(await freePort()).toBeGreaterThan(0);
  });
});
