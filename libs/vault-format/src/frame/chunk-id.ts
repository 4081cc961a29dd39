import { Buffer } from 'node:buffer';
import { createHmac, hash } from 'node:crypto';
import { CHUNK_ID_ALGORITHM_HMAC_SHA256, CHUNK_ID_LENGTH } from '@lifeboat/kernel';
import { chunkTypeByte, type ChunkType } from './chunk-type.ts';

export const KEY_ID_LENGTH = 16;

const TYPE_BYTES = [0, 1, 2, 3].map((code) => Buffer.of(code));

/** Ids are kept for long, side by side: a piece of Node's pool would keep 64 KiB of everybody's bytes alive. */
const SLAB_LENGTH = 124 * CHUNK_ID_LENGTH;
let slab = Buffer.alloc(0);
let slabUsed = 0;

/** 33 bytes: 0x01 ‖ HMAC-SHA256(idKey, type byte ‖ bytes). The type keeps a manifest from passing for data. */
export function computeChunkId(idKey: Uint8Array, type: ChunkType, bytes: Uint8Array): Buffer {
  const digest = createHmac('sha256', idKey).update(TYPE_BYTES[chunkTypeByte(type)]!).update(bytes).digest();
  if (slabUsed + CHUNK_ID_LENGTH > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_LENGTH);
    slabUsed = 0;
  }
  const id = slab.subarray(slabUsed, (slabUsed += CHUNK_ID_LENGTH));
  id[0] = CHUNK_ID_ALGORITHM_HMAC_SHA256;
  id.set(digest, 1);
  return id;
}

/** Names a wrapped session key: the first 16 bytes of its SHA-256. */
export function keyIdOf(wrapped: Uint8Array): Buffer {
  return hash('sha256', wrapped, 'buffer').subarray(0, KEY_ID_LENGTH);
}
