import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PinStore, removeStaleHolds } from './pin-store.ts';

let root: string;
let pins: PinStore;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lifeboat-pin-'));
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a/x'), 'one');
  pins = new PinStore(root, 'node-1', '7');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function contents(): string[][] {
  return [...pins.pins()].map((versions) => versions.map(({ location }) => readFileSync(location, 'utf8')));
}

describe('PinStore', () => {
  it('keeps a file that is deleted, once however often it is pinned', () => {
    expect([pins.pin('a/x'), pins.pin('a/x')]).toEqual([true, true]);
    rmSync(join(root, 'a'), { recursive: true });
    expect(contents()).toEqual([['one']]);
    expect(pins.bytes).toBe(3);
  });

  it('keeps each file that a path has had', () => {
    pins.pin('a/x');
    writeFileSync(join(root, 'new'), 'two');
    renameSync(join(root, 'new'), join(root, 'a/x'));
    pins.pin('a/x');
    expect(contents()).toEqual([['one', 'two']]);
  });

  it('pins nothing that is not a regular file', () => {
    expect([pins.pin('a'), pins.pin('absent')]).toEqual([false, false]);
  });

  it('frees everything on release; stale ones go at start-up', () => {
    pins.pin('a/x');
    pins.release();
    expect(existsSync(join(root, '.lifeboat/hold/7'))).toBe(false);
    pins.pin('a/x');
    removeStaleHolds(root, 'node-1');
    expect(existsSync(join(root, '.lifeboat/hold/node-1'))).toBe(false);
  });
});
