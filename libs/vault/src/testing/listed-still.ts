import type { BlobEntry, BlobStore } from '@lifeboat/blob-store';
import { storeWith } from './store-with.ts';

/** Lists `name` too, which is deleted: between a listing and a look there is always time. */
export function listedStill(inner: BlobStore, name: string): BlobStore {
  return storeWith(inner, {
    list: async function* (prefix: string): AsyncGenerator<BlobEntry> {
      yield* inner.list(prefix);
      if (name.startsWith(prefix)) yield { name, size: 1 };
    },
  });
}
