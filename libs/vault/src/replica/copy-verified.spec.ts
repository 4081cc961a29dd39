import { describe, expect, it } from '@jest/globals';
import { MemoryBlobStore } from '@lifeboat/blob-store';
import { storeWith } from '../testing/index.ts';
import { bytesOf, copyVerified } from './copy-verified.ts';

const BYTES = Buffer.from('what the vault has');

describe('a copy', () => {
  it('is not believed before it was read back', async () => {
    const disk = new MemoryBlobStore();
    const lossy = storeWith(disk, { put: async (name) => disk.put(name, Buffer.from('something else')) });
    await expect(copyVerified(lossy, 'a', BYTES)).rejects.toMatchObject({
      code: 'FORMAT_DAMAGED',
      guidance: expect.stringContaining('disk of the replica'),
    });
  });

  it('replaces a damaged one, and is not written twice', async () => {
    const store = new MemoryBlobStore();
    await store.put('a', Buffer.from('damaged'));
    expect(await copyVerified(store, 'a', BYTES)).toBe(BYTES.length);
    expect(await store.get('a')).toEqual(BYTES);
    expect(await copyVerified(store, 'a', BYTES)).toBe(0);
  });
});

it('a store that does not answer is not one that has no such blob', async () => {
  const store = storeWith(new MemoryBlobStore(), {
    get: async () => {
      throw Object.assign(new Error('the disk does not answer'), { code: 'EIO' });
    },
  });
  await expect(bytesOf(store, 'a')).rejects.toThrow('the disk does not answer');
  expect(await bytesOf(new MemoryBlobStore(), 'a')).toBeUndefined();
});
