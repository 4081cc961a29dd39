import { appendFileSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readStable } from './stable-read.ts';

let directory: string;
let file: string;
const target = Buffer.alloc(100);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeboat-read-'));
  file = join(directory, 'file');
  writeFileSync(file, 'first');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('readStable', () => {
  it('reads a quiet file once', () => {
    let attempts = 0;
    const read = readStable(file, target, 3, () => (attempts += 1));
    expect(read).toMatchObject({ outcome: 'read', length: 5, changedWhileRead: false });
    expect(target.toString('latin1', 3, 8)).toBe('first');
    expect(attempts).toBe(1);
  });

  it('reads again what changed meanwhile', () => {
    const read = readStable(file, target, 0, (attempt) => {
      if (attempt === 0) appendFileSync(file, ' and second');
    });
    expect(read).toMatchObject({ outcome: 'read', length: 16, changedWhileRead: false });
    expect(target.toString('latin1', 0, 16)).toBe('first and second');
  });

  it('keeps the size first seen of a log that never stops growing', () => {
    const read = readStable(file, target, 0, () => appendFileSync(file, 'more'));
    expect(read).toMatchObject({ outcome: 'read', length: 5, changedWhileRead: true });
  });

  it('keeps what is there of a file that shrinks every time', () => {
    writeFileSync(file, 'x'.repeat(40));
    const read = readStable(file, target, 0, (attempt) => truncateSync(file, 30 - attempt * 10));
    expect(read).toMatchObject({ outcome: 'read', length: 20, changedWhileRead: true });
  });

  it('says vanished for a file that is gone or became a link', () => {
    expect(readStable(join(directory, 'absent'), target, 0)).toEqual({ outcome: 'vanished' });
    symlinkSync('file', join(directory, 'link'));
    expect(readStable(join(directory, 'link'), target, 0)).toEqual({ outcome: 'vanished' });
    expect(readStable(directory, target, 0)).toEqual({ outcome: 'vanished' });
  });

  it('says too-big where the room does not do', () => {
    expect(readStable(file, target, 96)).toMatchObject({ outcome: 'too-big' });
  });
});
