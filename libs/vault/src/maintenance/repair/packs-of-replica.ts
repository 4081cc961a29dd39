import { isBreach, messageOf, uuidFromBytes, type ClusterId, type PackName } from '@lifeboat/kernel';
import { packNameOf, PACKS } from '../../layout.ts';
import { closedPackBytes } from '../../pack/pack-bytes.ts';
import { packRows } from '../../pack/pack-rows.ts';
import { readPackHeader } from '../../pack/pack-table.ts';
import type { VaultParts } from '../../parts.ts';
import { wholePack } from '../../replica/copy-verified.ts';

export interface PackOfReplica {
  readonly name: PackName;
  readonly bytes: Buffer;
  /** Hex ids. */
  readonly wanted: readonly string[];
}

/**
 * Whole packs in the replica of which the catalog does not know, and which hold what sets lack: the catalog was lost, and they with it.
 * `missing`: hex ids.
 */
export async function* packsOfReplica(
  parts: VaultParts,
  missing: ReadonlySet<string>,
): AsyncGenerator<PackOfReplica> {
  if (parts.replica === undefined || missing.size === 0) return;
  const { store } = parts.replica;
  for await (const { name: blob } of store.list(PACKS)) {
    const name = packNameOf(blob);
    if (name === undefined || (await parts.catalog.packs.byName(name)) !== undefined) continue;
    const wanted = (await idsOf(parts, name)).filter((id) => missing.has(id));
    const bytes = wanted.length === 0 ? undefined : await wholePack(store, name);
    if (bytes !== undefined) yield { name, bytes, wanted };
  }
}

/** By its table, in hex. One that cannot be read has nothing to give. */
async function idsOf(parts: VaultParts, name: PackName): Promise<string[]> {
  try {
    const pack = closedPackBytes(parts.replica!.store, name);
    const { cluster } = await readPackHeader(pack);
    const rows = await packRows(parts, uuidFromBytes(cluster) as ClusterId, pack);
    return rows.map(({ id }) => Buffer.from(id).toString('hex'));
  } catch (thrown) {
    if (!isBreach(thrown)) throw thrown;
    parts.log.warn({ pack: name, reason: messageOf(thrown) }, 'a pack of the replica cannot be read');
    return [];
  }
}
