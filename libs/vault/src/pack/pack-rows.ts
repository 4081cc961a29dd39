import { isBreach, messageOf, type ClusterId } from '@lifeboat/kernel';
import type { PackTableRow } from '@lifeboat/vault-format';
import type { ReadParts } from '../parts.ts';
import { frameContext } from './open-packs.ts';
import type { PackBytes } from './pack-bytes.ts';
import { readPackTable } from './pack-table.ts';
import { rowOfFrame } from './row-of-frame.ts';
import { scanPack } from './scan-pack.ts';

/** What lies where in a closed pack: by its table, or, where that is damaged, by the frames themselves. */
export async function packRows(
  parts: Pick<ReadParts, 'id' | 'keys' | 'log'>,
  cluster: ClusterId,
  pack: PackBytes,
): Promise<PackTableRow[]> {
  try {
    return await readPackTable(pack, parts.keys, cluster, frameContext(parts.id, cluster));
  } catch (thrown) {
    if (!isBreach(thrown)) throw thrown;
    parts.log.warn({ pack: pack.label, reason: messageOf(thrown) }, 'pack table unreadable, scanning frames');
    const rows: PackTableRow[] = [];
    for await (const { frames } of scanPack(pack, await pack.size())) {
      rows.push(...frames.map(rowOfFrame));
    }
    return rows;
  }
}
