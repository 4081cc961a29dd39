import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { walk, type NotWalked, type WalkOptions } from './walk.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lifeboat-walk-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function paths(options: Partial<WalkOptions> = {}): string[] {
  return [...walk(root, { excludes: [], ...options })].map(({ path }) => path.toString('latin1'));
}

describe('walk', () => {
  it('yields a directory, then all below it, then what sorts after it', () => {
    for (const directory of ['a', 'a-b', 'a/z']) mkdirSync(join(root, directory));
    for (const file of ['a.txt', 'a/x', 'a-b/y', 'a0', 'B']) writeFileSync(join(root, file), '');
    expect(paths()).toEqual(['', 'B', 'a', 'a/x', 'a/z', 'a-b', 'a-b/y', 'a.txt', 'a0']);
  });

  it('keeps names that are not UTF-8, have a newline, or 255 bytes', () => {
    const odd = Buffer.from([0xc3, 0x28, 0xff]);
    mkdirSync(Buffer.concat([Buffer.from(`${root}/`), odd]));
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), odd, Buffer.from('/in\nside')]), '');
    writeFileSync(join(root, 'n'.repeat(255)), '');
    expect(paths()).toEqual(['', 'n'.repeat(255), '\xc3(\xff', '\xc3(\xff/in\nside']);
  });

  it('leaves out excludes with all below, and our own folder anywhere', () => {
    for (const directory of ['logs/old', 'data/logs', '.lifeboat/hold', 'data/.lifeboat']) {
      mkdirSync(join(root, directory), { recursive: true });
    }
    expect(paths({ excludes: ['logs'] })).toEqual(['', 'data', 'data/logs']);
  });

  it('does not follow links, and reports what is no file', () => {
    symlinkSync('/', join(root, 'root'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const reported: NotWalked[] = [];
    const entries = [...walk(root, { excludes: [], onNotKept: (skipped) => reported.push(skipped) })];
    expect(entries.map(({ type, linkTarget }) => [type, linkTarget?.toString()])).toEqual([
      ['directory', undefined],
      ['symlink', '/'],
    ]);
    expect(reported).toEqual([{ path: 'pipe', reason: 'named pipe' }]);
  });

  it('passes by what vanishes while it walks', () => {
    for (const name of ['a', 'b', 'c']) mkdirSync(join(root, name, 'in'), { recursive: true });
    const seen: string[] = [];
    const reported: NotWalked[] = [];
    for (const { path } of walk(root, { excludes: [], onNotKept: (skipped) => reported.push(skipped) })) {
      seen.push(path.toString());
      if (seen.length === 2) for (const name of ['a', 'b']) rmSync(join(root, name), { recursive: true });
    }
    expect(seen).toEqual(['', 'a', 'c', 'c/in']);
    expect(reported).toEqual([]);
  });

  it("stays on the root's file system and reports the mount", () => {
    // /dev/shm is a mount of its own below /dev on every Linux that has it.
    if (!readdirSync('/dev').includes('shm')) return;
    const reported: NotWalked[] = [];
    for (const { path } of walk('/dev', { excludes: [], onNotKept: (skipped) => reported.push(skipped) })) {
      expect(path.toString().startsWith('shm/')).toBe(false);
    }
    expect(reported).toContainEqual({ path: 'shm', reason: 'another file system is mounted here' });
  });

  it('throws ROOT_NOT_FOUND for a file or nothing', () => {
    writeFileSync(join(root, 'file'), '');
    for (const path of ['file', 'absent']) {
      expect(() => [...walk(join(root, path), { excludes: [] })]).toThrow(
        expect.objectContaining({ code: 'ROOT_NOT_FOUND' }) as unknown as Error,
      );
    }
  });
});
