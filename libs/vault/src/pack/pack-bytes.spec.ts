import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import type { PackName } from '@lifeboat/kernel';
import { packBlob } from '../layout.ts';
import { closedPackBytes, openPackBytes, type PackBytes } from './pack-bytes.ts';
import { PackFile } from './pack-file.ts';

const BYTES = Buffer.from(Array.from({ length: 100 }, (_, index) => index));
const nameOf = (digit: string): PackName => digit.repeat(64) as PackName;
const [THERE, MISSING, UNREADABLE] = [nameOf('a'), nameOf('b'), nameOf('c')];

let store: FileSystemBlobStore;
let files: PackFile[] = [];
beforeAll(async () => {
  store = await FileSystemBlobStore.open(await mkdtemp(join(tmpdir(), 'lifeboat-pack-bytes-')));
  await mkdir(dirname(pathOf(THERE)), { recursive: true });
  await writeFile(pathOf(THERE), BYTES);
  // Where the directory of the pack should be: nobody can say whether the pack is there.
  await writeFile(dirname(pathOf(UNREADABLE)), '');
});
afterAll(async () => {
  for (const file of files) file[Symbol.dispose]();
  files = [];
  await rm(store.root, { recursive: true });
});

const pathOf = (name: PackName): string => join(store.root, packBlob(name));

function packFile(name: PackName): PackFile {
  const file = new PackFile(pathOf(name), name);
  files.push(file);
  return file;
}

describe.each<[where: string, of: (name: PackName) => PackBytes]>([
  ['closed in the store', (name) => closedPackBytes(store, name)],
  ['open on the disk', (name) => openPackBytes(pathOf(name), name)],
  ['the file of a thread', packFile],
])('a pack that is %s', (_, bytesOf) => {
  it('gives its bytes from any place, fewer only where it ends', async () => {
    const pack = bytesOf(THERE);
    expect([pack.label, await pack.size()]).toEqual([THERE, 100]);
    for (const [offset, length] of [
      [0, 100],
      [10, 5],
      [90, 50],
      [100, 1],
      [200, 1],
      [3, 0],
    ] as const) {
      expect(await pack.read(offset, length)).toEqual(BYTES.subarray(offset, offset + length));
    }
  });

  it('says that it is not there', async () => {
    const gone = { code: 'BLOB_NOT_FOUND' };
    await expect(bytesOf(MISSING).read(0, 1)).rejects.toMatchObject(gone);
    await expect(bytesOf(MISSING).size()).rejects.toMatchObject(gone);
  });

  it('is not said to be gone when something else is wrong', async () => {
    await expect(bytesOf(UNREADABLE).read(0, 1)).rejects.not.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });
});

describe('the file of a thread', () => {
  it('that could not be opened is opened at the next question', async () => {
    using file = new PackFile(pathOf(MISSING), MISSING);
    await expect(file.size()).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    await mkdir(dirname(pathOf(MISSING)), { recursive: true });
    await writeFile(pathOf(MISSING), BYTES);
    expect(await file.size()).toBe(100);
    await rm(pathOf(MISSING));
  });
});
