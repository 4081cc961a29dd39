import { Buffer } from 'node:buffer';
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { invariant } from '@lifeboat/kernel';
import { asBuffer } from '../bytes/byte-reader.ts';
import type { ChunkType } from './chunk-type.ts';
import { compress, DEFAULT_LEVEL } from './compression.ts';
import {
  encodeFrameHeader,
  FRAME_HEADER_LENGTH,
  MAX_RAW_LENGTH,
  TAG_LENGTH,
  type FrameContext,
} from './frame-header.ts';

/** Frames under one key: far below what AES-GCM allows, and no session comes near. */
export const MAX_FRAMES_PER_KEY = 2 ** 32;

/** 4 zero bytes ‖ counter as u64. */
export function frameNonce(counter: bigint): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(counter, 4);
  return nonce;
}

/**
 * Seals chunks under one session key. The nonce is a counter from 0, so a key must never be given to a second
 * sealer: a new one for each worker and connection.
 */
export class FrameSealer {
  readonly #context: { vault: Buffer; cluster: Buffer };
  readonly #keyId: Buffer;
  readonly #key: KeyObject;
  readonly #level: number;
  #counter = 0n;

  constructor(context: FrameContext, keyId: Uint8Array, key: Uint8Array, options: { level?: number } = {}) {
    invariant(key.length === 32, 'a session key has 32 bytes');
    this.#context = { vault: asBuffer(context.vault), cluster: asBuffer(context.cluster) };
    this.#keyId = asBuffer(keyId);
    this.#key = createSecretKey(key);
    this.#level = options.level ?? DEFAULT_LEVEL;
  }

  /** True when the next seal would fail: get a new key. */
  get exhausted(): boolean {
    return this.#counter >= BigInt(MAX_FRAMES_PER_KEY);
  }

  /** header ‖ AES-256-GCM(zstd or raw bytes) ‖ tag; the whole header is authenticated with it. */
  seal(type: ChunkType, chunkId: Uint8Array, raw: Uint8Array): Buffer {
    invariant(raw.length <= MAX_RAW_LENGTH, 'a chunk is at most 4 MiB');
    invariant(!this.exhausted, 'a session key seals at most 2^32 frames');
    const packed = compress(raw, this.#level);
    const body = packed ?? raw;
    const counter = this.#counter++;
    const frame = Buffer.allocUnsafe(FRAME_HEADER_LENGTH + body.length + TAG_LENGTH);
    encodeFrameHeader(
      {
        ...this.#context,
        kind: 'chunk',
        type,
        codec: packed === undefined ? 'raw' : 'zstd',
        keyId: this.#keyId,
        chunkId: asBuffer(chunkId),
        rawLength: raw.length,
        bodyLength: body.length + TAG_LENGTH,
        counter,
      },
      frame,
    );
    const cipher = createCipheriv('aes-256-gcm', this.#key, frameNonce(counter), {
      authTagLength: TAG_LENGTH,
    });
    cipher.setAAD(frame.subarray(0, FRAME_HEADER_LENGTH));
    frame.set(cipher.update(body), FRAME_HEADER_LENGTH);
    cipher.final();
    frame.set(cipher.getAuthTag(), FRAME_HEADER_LENGTH + body.length);
    return frame;
  }
}
