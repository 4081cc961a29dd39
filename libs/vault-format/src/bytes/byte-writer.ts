import { Buffer } from 'node:buffer';
import { invariant } from '@lifeboat/kernel';

/** The mirror of ByteReader: appends to a buffer that grows by doubling. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64BE(value, at);
  }

  i48(value: number): void {
    const at = this.#grow(6);
    this.#bytes.writeIntBE(value, at, 6);
  }

  varint(value: number): void {
    invariant(Number.isSafeInteger(value) && value >= 0, 'a varint is a safe non-negative integer');
    let at = this.#grow(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[at++] = (rest % 0x80) | 0x80;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#bytes[at++] = rest;
    this.#length = at;
  }

  raw(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const at = this.#grow(end - start);
    if (end - start > 24)
      this.#bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    else for (let i = start, to = at; i < end; i++) this.#bytes[to++] = bytes[i]!;
  }

  blob(bytes: Uint8Array, start = 0): void {
    this.varint(bytes.length - start);
    this.raw(bytes, start);
  }

  /** What was written, without a copy: good until the next write or clear. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(): Buffer {
    return Buffer.from(this.view());
  }

  clear(): void {
    this.#length = 0;
  }

  /** Makes room and returns where it begins. */
  #grow(length: number): number {
    const at = this.#length;
    if (at + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(at + length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    this.#length = at + length;
    return at;
  }
}
