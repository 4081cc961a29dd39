import { expect, it } from '@jest/globals';
import { MemoryBlobStore } from '@lifeboat/blob-store';
import { storeWith } from '../../testing/index.ts';
import { copyToQuarantine } from './quarantine.ts';

it('a copy that cannot be put fails with the store, and looks for no other name', async () => {
  const inner = new MemoryBlobStore();
  await inner.put('a', Buffer.from('a'));
  const tried: string[] = [];
  const store = storeWith(inner, {
    put: async (name) => {
      tried.push(name);
      throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    },
  });
  await expect(copyToQuarantine({ store }, 'a')).rejects.toThrow('the disk is full');
  expect(tried).toEqual(['quarantine/a']);
});
