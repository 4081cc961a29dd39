import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { blobStoreConformance, collect } from './conformance.ts';
import { FileSystemBlobStore } from './file-system-blob-store.ts';

blobStoreConformance('file system', async () => {
  const root = await mkdtemp(join(tmpdir(), 'lifeboat-store-'));
  const store = await FileSystemBlobStore.open(root);
  return { store, dispose: async () => rm(root, { recursive: true, force: true }) };
});

describe('a file-system blob store', () => {
  let root: string;
  let store: FileSystemBlobStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'lifeboat-store-'));
    store = await FileSystemBlobStore.open(join(root, 'vault'));
  });
  afterEach(async () => rm(root, { recursive: true, force: true }));

  it('moves a file of the same file system without writing its bytes again', async () => {
    const file = join(root, 'pack');
    await writeFile(file, 'bytes');
    const { ino } = await stat(file);
    await store.put('packs/aa/name', { file });
    expect((await stat(join(root, 'vault/packs/aa/name'))).ino).toBe(ino);
  });

  it('leaves no temporary file behind when the name is taken', async () => {
    await store.put('name', Buffer.from('first'));
    await expect(store.put('name', Buffer.from('second'))).rejects.toMatchObject({ code: 'BLOB_EXISTS' });
    expect(await readdir(join(root, 'vault'))).toEqual(['name']);
  });

  it('does not list what a killed put left behind', async () => {
    await store.put('name', Buffer.from('first'));
    await writeFile(join(root, 'vault', '.put-killed'), 'half');
    expect((await collect(store.list(''))).map((entry) => entry.name)).toEqual(['name']);
  });
});
