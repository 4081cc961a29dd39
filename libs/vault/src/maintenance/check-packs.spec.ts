import { describe, expect, it } from '@jest/globals';
import type { PackRow } from '@lifeboat/catalog';
import type { PackName } from '@lifeboat/kernel';
import { packBlob } from '../layout.ts';
import type { VaultParts } from '../parts.ts';
import { checkPacks } from './check-packs.ts';
import { LostChunks } from './lost-chunks.ts';

const NAME = 'ab'.repeat(32) as PackName;

interface Scene {
  /** What the catalog lists as closed, page after page. */
  readonly pages: readonly (readonly Partial<PackRow>[])[];
  readonly stillKnown: boolean;
  readonly blobs?: readonly string[];
}

/** A catalog and a store that change between a listing and the look that follows. */
function partsOf({ pages, stillKnown, blobs = [] }: Scene): VaultParts {
  const left = [...pages];
  const packs = {
    listClosed: async () => left.shift() ?? [],
    byName: async () => (stillKnown ? { id: 1n, name: NAME } : undefined),
  };
  const store = {
    size: async () => undefined,
    async *list() {
      for (const name of blobs) yield { name, size: 1 };
    },
  };
  return { catalog: { packs, chunks: { ofPack: async () => [] } }, store } as unknown as VaultParts;
}

const checked = async (scene: Scene) => checkPacks(partsOf(scene), new LostChunks());

describe('a check of packs', () => {
  it('says which one is gone', async () => {
    const { count, findings } = await checked({ pages: [[{ id: 1n, name: NAME }]], stillKnown: true });
    expect(count).toBe(1);
    expect(findings).toMatchObject([{ kind: 'pack-missing', subject: NAME }]);
  });

  it('says nothing of one that a prune has deleted since it was listed', async () => {
    const scene = { pages: [[{ id: 1n, name: NAME }]], stillKnown: false, blobs: [packBlob(NAME)] };
    expect(await checked(scene)).toEqual({ count: 1, findings: [] });
  });

  it('goes on behind a whole page, and passes over packs without a name', async () => {
    const page = Array.from({ length: 500 }, (_, index) => ({ id: BigInt(index + 1), name: null }));
    const { count } = await checked({ pages: [page, [{ id: 501n, name: NAME }]], stillKnown: true });
    expect(count).toBe(1);
  });
});
