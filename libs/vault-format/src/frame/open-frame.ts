import { Buffer } from 'node:buffer';
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

/** More than this at once leaves the processor's cache before it is used. */
const PIECE = 64 * 1024;

/**
 * Decrypts one whole frame to the begin of `target`, which has room for `packedLength` of its header. Throws
 * DECRYPTION_FAILED (what was written is worth nothing then), FORMAT_DAMAGED, FORMAT_UNSUPPORTED.
 */
export function unsealFrame(
  frame: Uint8Array,
  key: Uint8Array,
  target?: Buffer,
): { header: FrameHeader; packed: Buffer } {
  const { header, body } = split(frame, 'chunk');
  const length = packedLength(header);
  const packed = target?.subarray(0, length) ?? Buffer.allocUnsafe(length);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, frameNonce(header.counter), {
      authTagLength: TAG_LENGTH,
    });
    decipher.setAAD(asBuffer(frame).subarray(0, FRAME_HEADER_LENGTH));
    decipher.setAuthTag(body.subarray(length));
    for (let start = 0; start < length; start += PIECE)
      packed.set(decipher.update(body.subarray(start, Math.min(start + PIECE, length))), start);
    decipher.final();
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
  return { header, packed };
}

/** Bytes that a frame of this header seals. */
export function packedLength({ bodyLength }: FrameHeader): number {
  return bodyLength - TAG_LENGTH;
}

/**
 * Throws FORMAT_DAMAGED unless that gives exactly `rawLength` bytes; never allocates more. With a `target` of
 * MAX_RAW_LENGTH they may lie there.
 */
export function expandChunk(
  { packed, rawLength }: PackedChunk,
  codec: ZstdCodec = nodeZstd,
  target?: Buffer,
): Buffer {
  return packed.length === rawLength ? packed : decompress(packed, rawLength, codec, target);
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
