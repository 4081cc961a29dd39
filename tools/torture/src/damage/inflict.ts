import type { BlobStore } from '@lifeboat/blob-store';
import type { Damage } from './draw-damages.ts';
import type { Remains } from './repair-and-judge.ts';

/** Does it to the blob; what is left of that, if anything. */
export async function inflict(store: BlobStore, { blob, rot }: Damage): Promise<Remains[]> {
  const bytes = await store.get(blob);
  await store.delete(blob);
  if (rot === undefined) return [];
  bytes[rot.offset]! ^= rot.mask;
  await store.put(blob, bytes);
  return [{ blob, bytes }];
}
