import { LifeboatError } from '@lifeboat/kernel';
import {
  computeChunkId,
  expandChunk,
  type ChunkType,
  type PackedChunk,
  type ZstdCodec,
} from '@lifeboat/vault-format';

/**
 * Expands (to `target` of MAX_RAW_LENGTH, if there is one) and identifies what the server sent. VERIFY_MISMATCH: other
 * bytes than those of `id`.
 */
export function openChunk(
  idKey: Uint8Array,
  type: ChunkType,
  id: Buffer,
  chunk: PackedChunk,
  zstd: ZstdCodec | undefined,
  target?: Buffer,
): Buffer {
  let cause: unknown;
  try {
    const raw = expandChunk(chunk, zstd, target);
    if (computeChunkId(idKey, type, raw).equals(id)) return raw;
  } catch (thrown) {
    cause = thrown;
  }
  throw new LifeboatError(
    'VERIFY_MISMATCH',
    `the bytes sent for chunk ${id.toString('hex')} are not that chunk`,
    {
      guidance:
        'Run `lifeboat vault check` on the server: what it holds or sends is damaged. Nothing live has changed.',
      cause,
    },
  );
}
