import type { ClusterId, PackName } from '@lifeboat/kernel';
import type { PackTableRow } from '@lifeboat/vault-format';
import { frameContext } from '../pack/open-packs.ts';
import { closedPackBytes } from '../pack/pack-bytes.ts';
import { readPackHeader, readPackTable } from '../pack/pack-table.ts';
import type { ReadParts } from '../parts.ts';
import { keysOfPack } from '../read/pack-keys.ts';
import { finding, packFinding, type Finding } from './finding.ts';
import { verifyPackBytes, type PackVerdict } from './verify-pack-bytes.ts';

/** Header, footer and table of a closed pack, without its data; the table's rows, where it can be read. */
export async function verifyPackFrame(
  parts: ReadParts,
  cluster: ClusterId,
  name: PackName,
): Promise<{ findings: readonly Finding[]; table: readonly PackTableRow[] | undefined }> {
  const pack = closedPackBytes(parts.store, name);
  try {
    const context = await readPackHeader(pack);
    const expected = frameContext(parts.id, cluster);
    if (
      !Buffer.from(context.vault).equals(expected.vault) ||
      !Buffer.from(context.cluster).equals(expected.cluster)
    ) {
      const foreign = finding(name, 'pack-damaged', 'its header names another vault or cluster');
      return { findings: [foreign], table: undefined };
    }
    return { findings: [], table: await readPackTable(pack, parts.keys, cluster, expected) };
  } catch (thrown) {
    return { findings: [packFinding(name, thrown)], table: undefined };
  }
}

/** Every byte of a closed pack, read and verified in this thread. */
export async function verifyPackData(
  parts: ReadParts,
  cluster: ClusterId,
  name: PackName,
): Promise<PackVerdict> {
  const pack = closedPackBytes(parts.store, name);
  return verifyPackBytes(pack, await keysOfPack(parts, cluster, pack));
}
