import { LifeboatError } from '@lifeboat/kernel';

/** A definition of one object; the longest seen in the wild are functions of some hundred KiB. */
const MAX_STRING_BYTES = 64 << 20;

/** Thrown by a reader that came to the end of what has arrived; the caller tries again with more. */
export const INCOMPLETE = Symbol('incomplete');

/** Reads the primitive values of pg_dump's custom format; sizes of integers and offsets come from its header. */
export class ArchiveReader {
  readonly bytes: Buffer;
  position: number;
  readonly #intSize: number;

  constructor(bytes: Buffer, position: number, intSize: number) {
    this.bytes = bytes;
    this.position = position;
    this.#intSize = intSize;
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw INCOMPLETE;
    this.position += 1;
    return value;
  }

  skip(length: number): void {
    if (this.position + length > this.bytes.length) throw INCOMPLETE;
    this.position += length;
  }

  /** One sign byte, then `intSize` bytes, least significant first. */
  int(): number {
    const start = this.position;
    this.skip(1 + this.#intSize);
    const magnitude = this.bytes.readUIntLE(start + 1, this.#intSize);
    return this.bytes[start] === 0 ? magnitude : -magnitude;
  }

  /** Null where the length is -1. */
  string(): string | null {
    const length = this.int();
    if (length < 0) return null;
    if (length > MAX_STRING_BYTES) throw damaged(`a string of ${length} bytes`);
    const start = this.position;
    this.skip(length);
    return this.bytes.toString('utf8', start, this.position);
  }
}

export function damaged(what: string): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `this is not a whole pg_dump archive: ${what}`);
}
