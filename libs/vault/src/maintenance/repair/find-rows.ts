import type { PackRow } from '@lifeboat/catalog';
import type { PackName } from '@lifeboat/kernel';
import { closedPackBytes } from '../../pack/pack-bytes.ts';
import { packRows } from '../../pack/pack-rows.ts';
import type { VaultParts } from '../../parts.ts';
import { closedPacks } from '../check-packs.ts';

export interface PackWithRows {
  readonly name: PackName;
  readonly pack: PackRow;
  /** Hex ids. */
  readonly wanted: readonly string[];
}

/** Packs that hold by their tables what sets lack, because the catalog has lost its rows; `except` are known to be damaged. */
export async function* findRows(
  parts: VaultParts,
  missing: ReadonlySet<string>,
  except: ReadonlySet<bigint>,
): AsyncGenerator<PackWithRows> {
  if (missing.size === 0) return;
  for await (const { name, pack } of closedPacks(parts)) {
    if (except.has(pack.id)) continue;
    const rows = await packRows(parts, pack.cluster, closedPackBytes(parts.store, name));
    const wanted = rows.map(({ id }) => id.toString('hex')).filter((id) => missing.has(id));
    if (wanted.length > 0) yield { name, pack, wanted };
  }
}
