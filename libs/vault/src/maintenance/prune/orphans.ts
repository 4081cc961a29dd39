import type { PruneSession } from '@lifeboat/catalog';
import type { PackName } from '@lifeboat/kernel';
import { packBlob, packNameOf, PACKS } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';

export interface OrphanFigures {
  /** Blobs that no row tells of. */
  readonly found: number;
  readonly removed: number;
}

/**
 * Blobs that no row tells of: a prune was killed between row and blob, or a put that was given up on came late. They
 * are noted when first seen, and deleted once that is as long ago as a tombstone has to be.
 */
export async function clearOrphans(
  parts: VaultParts,
  session: PruneSession,
  prune: { readonly id: number; readonly ripe: readonly number[]; readonly mayRemove: boolean },
): Promise<OrphanFigures> {
  let found = 0;
  for await (const { name: blob } of parts.store.list(PACKS)) {
    const name = packNameOf(blob);
    if (name === undefined || (await parts.catalog.packs.byName(name)) !== undefined) continue;
    if (await isBeingClosed(parts, name)) continue;
    if (await session.noteOrphan(name, prune.id)) found += 1;
  }
  await session.forgetAdoptedOrphans();
  if (!prune.mayRemove) return { found, removed: 0 };
  let removed = 0;
  for (const name of await session.ripeOrphans(prune.ripe)) {
    if (await isBeingClosed(parts, name)) continue;
    await parts.store.delete(packBlob(name));
    await session.forgetOrphan(name);
    parts.log.info({ pack: name }, 'deleted a pack that no row tells of');
    removed += 1;
  }
  return { found, removed };
}

/** Between its blob and its row a pack's name is noted beside its file. */
export async function isBeingClosed({ openPacks }: VaultParts, name: PackName): Promise<boolean> {
  for (const { file } of await openPacks.files())
    if ((await openPacks.intendedName(file)) === name) return true;
  return false;
}
