import { Buffer } from 'node:buffer';
import { createCipheriv, createSecretKey, type CipherGCM, type KeyObject } from 'node:crypto';
import { asBuffer, invariant } from '@lifeboat/kernel';
import { freeNow } from '../bytes/free-now.ts';
import type { ChunkType } from './chunk-type.ts';
import { compress, DEFAULT_LEVEL } from './compression.ts';
import {
  encodeFrameHeader,
  FRAME_HEADER_LENGTH,
  MAX_RAW_LENGTH,
  TAG_LENGTH,
  type FrameContext,
} from './frame-header.ts';
import { nodeZstd } from './node-zstd.ts';
import type { ZstdCodec } from './zstd-codec.ts';

/** Frames under one key: far below what AES-GCM allows, and no session comes near. */
export const MAX_FRAMES_PER_KEY = 2 ** 32;

/** A frame is never longer than its chunk and this. */
export const FRAME_OVERHEAD = FRAME_HEADER_LENGTH + TAG_LENGTH;

export interface FrameSealerOptions {
  readonly level?: number;
  readonly codec?: ZstdCodec | undefined;
}

/** The cipher makes a buffer for each piece: one so small that the allocator has its memory at hand, in the cache. */
const PIECE = 64 * 1024;

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
  readonly #codec: ZstdCodec;
  #counter = 0n;

  constructor(context: FrameContext, keyId: Uint8Array, key: Uint8Array, options: FrameSealerOptions = {}) {
    invariant(key.length === 32, 'a session key has 32 bytes');
    this.#context = { vault: asBuffer(context.vault), cluster: asBuffer(context.cluster) };
    this.#keyId = asBuffer(keyId);
    this.#key = createSecretKey(key);
    this.#level = options.level ?? DEFAULT_LEVEL;
    this.#codec = options.codec ?? nodeZstd;
  }

  /** True when the next seal would fail: get a new key. */
  get exhausted(): boolean {
    return this.#counter >= BigInt(MAX_FRAMES_PER_KEY);
  }

  /** A frame in a buffer of its own: what `sealInto` writes. */
  seal(type: ChunkType, chunkId: Uint8Array, raw: Uint8Array): Buffer {
    const frame = Buffer.allocUnsafe(raw.length + FRAME_OVERHEAD);
    return frame.subarray(0, this.sealInto(frame, type, chunkId, raw));
  }

  /**
   * Writes header ‖ AES-256-GCM(zstd or raw bytes) ‖ tag to the begin of `target`; the whole header is authenticated.
   * `target` has at least FRAME_OVERHEAD bytes more than `raw`. Returns the frame's length.
   */
  sealInto(target: Buffer, type: ChunkType, chunkId: Uint8Array, raw: Uint8Array): number {
    invariant(raw.length <= MAX_RAW_LENGTH, 'a chunk is at most 4 MiB');
    invariant(target.length >= raw.length + FRAME_OVERHEAD, 'there is room for the frame');
    invariant(!this.exhausted, 'a session key seals at most 2^32 frames');
    const body = target.subarray(FRAME_HEADER_LENGTH);
    const packed = compress(raw, body, this.#level, this.#codec);
    const length = packed ?? raw.length;
    const counter = this.#counter++;
    encodeFrameHeader(
      {
        ...this.#context,
        kind: 'chunk',
        type,
        codec: packed === undefined ? 'raw' : 'zstd',
        keyId: this.#keyId,
        chunkId: asBuffer(chunkId),
        rawLength: raw.length,
        bodyLength: length + TAG_LENGTH,
        counter,
      },
      target,
    );
    const cipher = createCipheriv('aes-256-gcm', this.#key, frameNonce(counter), {
      authTagLength: TAG_LENGTH,
    });
    cipher.setAAD(target.subarray(0, FRAME_HEADER_LENGTH));
    encryptInto(body, cipher, packed === undefined ? raw : body.subarray(0, length));
    cipher.final();
    body.set(cipher.getAuthTag(), length);
    return FRAME_OVERHEAD + length;
  }
}

/** `target` may begin with `bytes`. A megabyte encrypted in one piece costs four times as much, all of it page faults. */
function encryptInto(target: Buffer, cipher: CipherGCM, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += PIECE) {
    const sealed = cipher.update(bytes.subarray(at, at + PIECE));
    target.set(sealed, at);
    freeNow(sealed);
  }
}
