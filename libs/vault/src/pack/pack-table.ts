import type { ClusterId } from '@lifeboat/kernel';
import {
  decodePackFooter,
  decodePackHeader,
  openPackTable,
  PACK_FOOTER_LENGTH,
  PACK_HEADER_LENGTH,
  type FrameContext,
  type PackTableRow,
} from '@lifeboat/vault-format';
import type { ClusterKeyChain } from '../cluster-key-chain.ts';
import { damaged } from '../read/open-verified.ts';
import type { PackBytes } from './pack-bytes.ts';

export async function readPackHeader(pack: PackBytes): Promise<FrameContext> {
  return decodePackHeader(await pack.read(0, PACK_HEADER_LENGTH));
}

/** The table of a closed pack. FORMAT_DAMAGED when footer or table cannot be read: then the frames can be scanned. */
export async function readPackTable(
  pack: PackBytes,
  keys: ClusterKeyChain,
  cluster: ClusterId,
  context: FrameContext,
): Promise<PackTableRow[]> {
  const size = await pack.size();
  const footerAt = size - PACK_FOOTER_LENGTH;
  if (footerAt < PACK_HEADER_LENGTH)
    throw damaged({ label: pack.label, offset: size }, 'it ends before its footer');
  const { tableOffset, tableLength } = decodePackFooter(await pack.read(footerAt, PACK_FOOTER_LENGTH));
  if (tableOffset < PACK_HEADER_LENGTH || tableOffset + tableLength !== footerAt) {
    throw damaged({ label: pack.label, offset: footerAt }, 'its footer points outside');
  }
  const sealed = await pack.read(tableOffset, tableLength);
  return keys.withAny(cluster, ({ tableKey }) => openPackTable(sealed, tableKey, context));
}
