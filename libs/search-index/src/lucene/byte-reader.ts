import { LifeboatError } from '@lifeboat/kernel';

/** Lucene's own limits are far higher; a commit of more says that its bytes are not what they should be. */
const MOST_ITEMS = 1_000_000;

/**
 * Reads what Lucene's DataOutput wrote: whole numbers most significant byte first unless said otherwise, `vInt` 7 bits
 * at a time, strings as their length in bytes and UTF-8. Nothing is read past the end.
 * @throws LifeboatError FORMAT_DAMAGED
 */
export class ByteReader {
  readonly #name: string;
  readonly #bytes: Buffer;
  #at = 0;

  /** `name`: of the file, for messages. */
  constructor(name: string, bytes: Buffer) {
    this.#name = name;
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#at;
  }

  byte(): number {
    return this.#take(1)[0]!;
  }

  bytes(length: number): Buffer {
    return this.#take(length);
  }

  int(): number {
    return this.#take(4).readInt32BE();
  }

  littleEndianInt(): number {
    return this.#take(4).readInt32LE();
  }

  long(): bigint {
    return this.#take(8).readBigInt64BE();
  }

  vInt(): number {
    return Number(this.#variable(5));
  }

  vLong(): bigint {
    return this.#variable(9);
  }

  string(): string {
    return this.#take(this.vInt()).toString('utf8');
  }

  /** `count` times what `read` reads. */
  times<T>(count: number, read: () => T): T[] {
    if (count < 0 || count > MOST_ITEMS) throw this.damaged(`has ${count} items in a list`);
    return Array.from({ length: count }, read);
  }

  damaged(problem: string): LifeboatError {
    return new LifeboatError('FORMAT_DAMAGED', `${this.#name} ${problem} (at byte ${this.#at})`);
  }

  #variable(mostBytes: number): bigint {
    let value = 0n;
    for (let index = 0; index < mostBytes; index += 1) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if ((byte & 0x80) === 0) return value;
    }
    throw this.damaged('has a number that does not end');
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw this.damaged('ends too early');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
