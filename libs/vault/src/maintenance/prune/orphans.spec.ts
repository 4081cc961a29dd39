import { describe, expect, it } from '@jest/globals';
import type { PruneSession } from '@lifeboat/catalog';
import { silentLog, type PackName } from '@lifeboat/kernel';
import { packBlob } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import { clearOrphans } from './orphans.ts';

const [CLOSING, ORPHAN] = ['aa', 'bb'].map((byte) => byte.repeat(32)) as [PackName, PackName];

/** A store with two packs of which no row tells, one of which is being closed right now. */
async function clear(mayRemove: boolean) {
  const [noted, deleted]: [PackName[], string[]] = [[], []];
  const parts = {
    catalog: { packs: { byName: async () => undefined } },
    openPacks: {
      files: async () => [{ file: 'other' }, { file: 'closing' }],
      intendedName: async (file: string) => (file === 'closing' ? CLOSING : undefined),
    },
    store: {
      async *list() {
        for (const name of [CLOSING, ORPHAN]) yield { name: packBlob(name), size: 1 };
      },
      delete: async (name: string) => void deleted.push(name),
    },
    log: silentLog,
  } as unknown as VaultParts;
  const session = {
    noteOrphan: async (name: PackName) => noted.push(name) > 0,
    forgetAdoptedOrphans: async () => undefined,
    // Noted by a prune before, when nobody was closing it yet.
    ripeOrphans: async () => [CLOSING, ORPHAN],
    forgetOrphan: async () => undefined,
  } as unknown as PruneSession;
  const figures = await clearOrphans(parts, session, { id: 1, ripe: [], mayRemove });
  return { figures, noted, deleted };
}

describe('a pack of which no row tells', () => {
  it('is noted, and deleted once it is ripe; not one between its blob and its row', async () => {
    const { figures, noted, deleted } = await clear(true);
    expect(figures).toEqual({ found: 1, removed: 1 });
    expect(noted).toEqual([ORPHAN]);
    expect(deleted).toEqual([packBlob(ORPHAN)]);
  });

  it('stays where nothing may be removed', async () => {
    const { figures, deleted } = await clear(false);
    expect(figures).toEqual({ found: 1, removed: 0 });
    expect(deleted).toEqual([]);
  });
});
