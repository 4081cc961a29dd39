import type { Buffer } from 'node:buffer';
import { asBuffer } from '@lifeboat/kernel';
import { damaged } from './damaged.ts';

/**
 * Reads outside bytes in order. Every read is checked against the end; nothing is allocated from a length that was
 * not. Byte strings are views of the source. Integers are big-endian.
 */
export class ByteReader {
  readonly bytes: Buffer;
  readonly end: number;
  position: number;
  readonly #what: string;

  /** @param what names the structure in error messages, e.g. "pack footer" */
  constructor(bytes: Uint8Array, what: string, start = 0, end: number = bytes.length) {
    this.bytes = asBuffer(bytes);
    this.#what = what;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  u8(): number {
    return this.bytes[this.#advance(1)]!;
  }

  u16(): number {
    return this.bytes.readUInt16BE(this.#advance(2));
  }

  u32(): number {
    return this.bytes.readUInt32BE(this.#advance(4));
  }

  u64(): bigint {
    return this.bytes.readBigUInt64BE(this.#advance(8));
  }

  i48(): number {
    return this.bytes.readIntBE(this.#advance(6), 6);
  }

  /** A u64 that must be a safe integer: counts and sizes. */
  count(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.damage('number out of range');
    return Number(value);
  }

  /** Little-endian base 128, shortest form, at most 2^53 - 1. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 1; length <= 8; length++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && length > 1) throw this.damage('number not in shortest form');
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw this.damage('number out of range');
  }

  take(length: number): Buffer {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** A varint length, then that many bytes. */
  blob(): Buffer {
    return this.take(this.varint());
  }

  damage(detail: string): Error {
    return damaged(`${this.#what}: ${detail} (before byte ${this.position})`);
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.end - start) throw this.damage('ends too early');
    this.position = start + length;
    return start;
  }
}
