import type { NeededFrame, PackWeight } from '@lifeboat/catalog';
import type { NodeId } from '@lifeboat/kernel';
import type { Ingest } from '../../ingest/ingest.ts';
import { packBlob } from '../../layout.ts';
import { closedPackBytes } from '../../pack/pack-bytes.ts';
import type { ReadParts } from '../../parts.ts';
import { wrappedKeysOf } from '../../read/pack-keys.ts';

/**
 * Copies frames of a pack, as they are, with the keys that they need, behind what the ingest gets from others.
 * `sender` is nobody's: the copies get rows of their own and count once they are proved. Bytes copied.
 */
export async function copyNeeded(
  parts: ReadParts,
  ingest: Ingest,
  sender: NodeId,
  pack: PackWeight,
  needed: readonly NeededFrame[],
): Promise<number> {
  const bytes = await parts.store.get(packBlob(pack.name));
  const keys = await wrappedKeysOf(parts, pack.cluster, closedPackBytes(parts.store, pack.name));
  const frames = Buffer.concat(needed.map(({ offset, length }) => bytes.subarray(offset, offset + length)));
  await ingest.append(sender, [...keys.values()], frames);
  return frames.length;
}
