import type { Buffer } from 'node:buffer';
import { createDecipheriv } from 'node:crypto';
import { asBuffer, LifeboatError } from '@lifeboat/kernel';
import { damaged } from '../bytes/damaged.ts';
import { decompress } from './compression.ts';
import { decodeFrameHeader, FRAME_HEADER_LENGTH, TAG_LENGTH, type FrameHeader } from './frame-header.ts';
import { frameNonce } from './frame-sealer.ts';
import { nodeZstd } from './node-zstd.ts';
import type { ZstdCodec } from './zstd-codec.ts';

/** A chunk as it was sealed: raw, or one zstd frame, which is always shorter. */
export interface PackedChunk {
  readonly packed: Buffer;
  readonly rawLength: number;
}

/** Decrypts one whole frame. Throws DECRYPTION_FAILED, FORMAT_DAMAGED, FORMAT_UNSUPPORTED. */
export function unsealFrame(frame: Uint8Array, key: Uint8Array): { header: FrameHeader; packed: Buffer } {
  const { header, body } = split(frame, 'chunk');
  const sealedLength = body.length - TAG_LENGTH;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, frameNonce(header.counter), {
      authTagLength: TAG_LENGTH,
    });
    decipher.setAAD(asBuffer(frame).subarray(0, FRAME_HEADER_LENGTH));
    decipher.setAuthTag(body.subarray(sealedLength));
    const packed = decipher.update(body.subarray(0, sealedLength));
    decipher.final();
    return { header, packed };
  } catch (error) {
    throw new LifeboatError(
      'DECRYPTION_FAILED',
      `frame of chunk ${header.chunkId.toString('hex')} does not open`,
      {
        guidance: 'The bytes were changed or the key is not theirs. Run "lifeboat vault check".',
        cause: error,
      },
    );
  }
}

/** Throws FORMAT_DAMAGED unless that gives exactly `rawLength` bytes; never allocates more. */
export function expandChunk({ packed, rawLength }: PackedChunk, codec: ZstdCodec = nodeZstd): Buffer {
  return packed.length === rawLength ? packed : decompress(packed, rawLength, codec);
}

/**
 * Decrypts and expands one whole frame. That the bytes are those of the chunk id is for the caller to check
 * (computeChunkId): it takes the cluster's id key. Throws DECRYPTION_FAILED, FORMAT_DAMAGED, FORMAT_UNSUPPORTED.
 */
export function openFrame(
  frame: Uint8Array,
  key: Uint8Array,
  codec: ZstdCodec = nodeZstd,
): { header: FrameHeader; raw: Buffer } {
  const { header, packed } = unsealFrame(frame, key);
  return { header, raw: expandChunk({ packed, rawLength: header.rawLength }, codec) };
}

/** A header and its body of exactly the length it states. */
export function split(frame: Uint8Array, kind: 'chunk' | 'key'): { header: FrameHeader; body: Buffer } {
  const header = decodeFrameHeader(frame);
  if (header.kind !== kind) throw damaged(`frame: is not a ${kind} frame`);
  if (frame.length !== FRAME_HEADER_LENGTH + header.bodyLength)
    throw damaged('frame: has another length than its header says');
  return { header, body: asBuffer(frame).subarray(FRAME_HEADER_LENGTH) };
}
