import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemCodeOf } from '@lifeboat/kernel';
import type { BlobStore } from './blob-store.ts';

export interface StoreUnderTest {
  readonly store: BlobStore;
  dispose(): Promise<void>;
}

/** What every blob store must keep; call it in a spec file with a way to make an empty store. */
export function blobStoreConformance(kind: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${kind} keeps the contract of a blob store`, () => {
    let subject: StoreUnderTest;
    let store: BlobStore;
    let scratch: string;

    beforeEach(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'lifeboat-blob-'));
      subject = await make();
      store = subject.store;
    });
    afterEach(async () => {
      await subject.dispose();
      await rm(scratch, { recursive: true, force: true });
    });

    it('gives back what was put, whole, in part and as a stream', async () => {
      const bytes = Buffer.from('abcdefghij');
      await store.put('packs/aa/one', bytes);
      expect(await store.get('packs/aa/one')).toEqual(bytes);
      expect((await store.read('packs/aa/one', 2, 3)).toString()).toBe('cde');
      expect((await store.read('packs/aa/one', 8, 100)).toString()).toBe('ij');
      expect((await store.read('packs/aa/one', 100, 1)).length).toBe(0);
      expect(await store.size('packs/aa/one')).toBe(10);
      expect(Buffer.concat(await collect<Buffer>(store.stream('packs/aa/one')))).toEqual(bytes);
    });

    it('keeps an empty blob', async () => {
      await store.put('empty', Buffer.alloc(0));
      expect(await store.size('empty')).toBe(0);
      expect(await store.get('empty')).toEqual(Buffer.alloc(0));
    });

    it('never replaces a blob, from bytes or from a file', async () => {
      const file = join(scratch, 'late');
      await writeFile(file, 'second');
      await store.put('name', Buffer.from('first'));
      expect(await codeOf(store.put('name', Buffer.from('second')))).toBe('BLOB_EXISTS');
      expect(await codeOf(store.put('name', { file }))).toBe('BLOB_EXISTS');
      expect((await store.get('name')).toString()).toBe('first');
      expect((await stat(file)).size).toBe(6);
    });

    it('lets exactly one of many puts of the same name win', async () => {
      const puts = Array.from({ length: 8 }, (_, index) => codeOf(store.put('race', Buffer.from([index]))));
      const outcomes = await Promise.all(puts);
      expect(outcomes.filter((each) => each === undefined)).toHaveLength(1);
      expect(outcomes.filter((each) => each === 'BLOB_EXISTS')).toHaveLength(7);
      expect(await store.get('race')).toEqual(Buffer.from([outcomes.indexOf(undefined)]));
    });

    it('takes a file over', async () => {
      const file = join(scratch, 'finished');
      await writeFile(file, 'bytes of a file');
      await store.put('taken/over', { file });
      expect((await store.get('taken/over')).toString()).toBe('bytes of a file');
      expect(await codeOf(stat(file))).toBe('ENOENT');
    });

    it('says that a blob is not there', async () => {
      expect(await store.size('nothing')).toBeUndefined();
      expect(await codeOf(store.get('nothing'))).toBe('BLOB_NOT_FOUND');
      expect(await codeOf(store.read('nothing', 0, 1))).toBe('BLOB_NOT_FOUND');
      expect(await codeOf(collect(store.stream('nothing')))).toBe('BLOB_NOT_FOUND');
      expect(await codeOf(store.delete('nothing'))).toBeUndefined();
    });

    it('lists by prefix in name order, without what was deleted', async () => {
      for (const name of ['b/2', 'a', 'b/10', 'b-c', 'b/1/x', 'c']) await store.put(name, Buffer.from(name));
      await store.delete('c');
      const names = async (prefix: string): Promise<string[]> =>
        (await collect(store.list(prefix))).map((entry) => entry.name);
      expect(await names('')).toEqual(['a', 'b-c', 'b/1/x', 'b/10', 'b/2']);
      expect(await names('b/')).toEqual(['b/1/x', 'b/10', 'b/2']);
      expect(await names('b/1')).toEqual(['b/1/x', 'b/10']);
      expect(await names('nowhere/')).toEqual([]);
      expect(await collect(store.list('a'))).toEqual([{ name: 'a', size: 1 }]);
    });

    it.each(['', '/absolute', '../up', 'a/../b', 'a//b', 'a/', '.hidden', 'a/.b', 'a\\b', 'a\0b', 'ä'])(
      'refuses the name %j',
      async (name) => {
        expect(await codeOf(store.put(name, Buffer.from('x')))).toBe('PATH_UNSAFE');
        expect(await codeOf(store.get(name))).toBe('PATH_UNSAFE');
        expect(await codeOf(store.delete(name))).toBe('PATH_UNSAFE');
      },
    );
  });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The code of what the promise rejects with; undefined when it resolves. */
async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => systemCodeOf(thrown) ?? 'no code',
  );
}
