import type { ClusterId, NodeId, PackName } from '@lifeboat/kernel';
import { decodeFrameHeader, FRAME_HEADER_LENGTH } from '@lifeboat/vault-format';
import type { Ingest } from '../../ingest/ingest.ts';
import { packBlob } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import type { KeySearch } from './key-search.ts';

const APPEND_BYTES = 8 * 1024 * 1024;

/**
 * Copies frames of a pack as they are, each verified before, with the keys that they need, behind what the ingest gets
 * from others. `sender` is nobody's: the copies get rows of their own and count once they are proved.
 */
export async function salvageFrames(
  parts: VaultParts,
  search: KeySearch,
  ingest: Ingest,
  sender: NodeId,
  from: { readonly cluster: ClusterId; readonly name: PackName; readonly offsets: readonly number[] },
): Promise<void> {
  const bytes = await parts.store.get(packBlob(from.name));
  const frames = from.offsets.map((offset) => {
    const { bodyLength, keyId } = decodeFrameHeader(bytes, offset);
    const frame = bytes.subarray(offset, offset + FRAME_HEADER_LENGTH + bodyLength);
    return { frame, keyId: keyId.toString('hex') };
  });
  const keyIds = new Set(frames.map(({ keyId }) => keyId));
  const keys = await search.wrapped(from.cluster, from.name, keyIds);
  for (const some of batches(frames.map(({ frame }) => frame)))
    await ingest.append(sender, keys, Buffer.concat(some));
}

function batches(frames: readonly Buffer[]): Buffer[][] {
  const all: Buffer[][] = [];
  let bytes = Infinity;
  for (const frame of frames) {
    if (bytes + frame.length > APPEND_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)!.push(frame);
    bytes += frame.length;
  }
  return all;
}
