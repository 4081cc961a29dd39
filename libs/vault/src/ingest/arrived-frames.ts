import { CHUNK_ID_ALGORITHM_HMAC_SHA256, CHUNK_ID_LENGTH, LifeboatError, messageOf } from '@lifeboat/kernel';
import {
  decodeFrameHeader,
  FRAME_HEADER_LENGTH,
  type ChunkType,
  type FrameContext,
} from '@lifeboat/vault-format';

/** Frames of one message, checked, not yet placed in a pack. */
export interface ArrivedFrames {
  readonly bytes: Buffer;
  readonly frames: readonly ArrivedFrame[];
  /** Hex ids of the session keys these frames use. */
  readonly keyIds: ReadonlySet<string>;
}

export interface ArrivedFrame {
  readonly type: ChunkType;
  /** Own copy: outlives the message's bytes. */
  readonly id: Buffer;
  /** Within the message. */
  readonly start: number;
  readonly length: number;
  readonly rawLength: number;
}

/**
 * Checks what an agent sent without decrypting it: whole chunk frames of this vault and cluster, sealed with keys of
 * this connection (`announcedKeys` by hex key id). PROTOCOL_BREACH names the first thing wrong.
 */
export function checkArrivedFrames(
  bytes: Buffer,
  context: FrameContext,
  announcedKeys: { has(keyId: string): boolean },
): ArrivedFrames {
  const frames: Omit<ArrivedFrame, 'id'>[] = [];
  const ids: Uint8Array[] = [];
  const used = new Set<string>();
  let lastKeyId: Buffer | undefined;
  for (let start = 0; start < bytes.length;) {
    const header = headerAt(bytes, start);
    const length = FRAME_HEADER_LENGTH + header.bodyLength;
    if (header.kind !== 'chunk') throw breach('a key frame among chunk frames', start);
    if (!header.vault.equals(context.vault)) throw breach('a frame of another vault', start);
    if (!header.cluster.equals(context.cluster)) throw breach('a frame of another cluster', start);
    if (header.chunkId[0] !== CHUNK_ID_ALGORITHM_HMAC_SHA256)
      throw breach('an unknown chunk id algorithm', start);
    if (start + length > bytes.length) throw breach('a frame cut short', start);
    if (lastKeyId === undefined || !header.keyId.equals(lastKeyId)) {
      const keyId = header.keyId.toString('hex');
      if (!announcedKeys.has(keyId))
        throw breach('a frame sealed with a key that this upload did not announce', start);
      used.add(keyId);
      lastKeyId = header.keyId;
    }
    frames.push({ type: header.type, start, length, rawLength: header.rawLength });
    ids.push(header.chunkId);
    start += length;
  }
  if (frames.length === 0) throw breach('no frame in the message', 0);
  return { bytes, frames: withOwnIds(frames, ids), keyIds: used };
}

/** One allocation for all ids, so that rows kept for the pack's table do not hold whole messages in memory. */
function withOwnIds(frames: readonly Omit<ArrivedFrame, 'id'>[], ids: readonly Uint8Array[]): ArrivedFrame[] {
  const all = Buffer.concat(ids, ids.length * CHUNK_ID_LENGTH);
  return frames.map((frame, index) => ({
    ...frame,
    id: all.subarray(index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH),
  }));
}

function headerAt(bytes: Buffer, start: number): ReturnType<typeof decodeFrameHeader> {
  try {
    return decodeFrameHeader(bytes, start);
  } catch (thrown) {
    throw breach(messageOf(thrown), start);
  }
}

function breach(what: string, offset: number): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `frames message: ${what} (at byte ${offset})`, {
    guidance: 'The agent sent bytes that the vault cannot keep; bring agent and server to the same version.',
  });
}
