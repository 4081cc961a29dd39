import { freeNow } from '@lifeboat/vault-format';

/** Buffers of one size, used again: a fresh one costs its page faults each time, and a dead one waits for V8. */
export class BufferPool {
  readonly #length: number;
  readonly #keep: number;
  readonly #free: Buffer[] = [];

  /** Keeps at most `keep` free ones. */
  constructor(length: number, keep: number) {
    this.#length = length;
    this.#keep = keep;
  }

  /** Of at least `length` bytes; content undefined. */
  take(length = this.#length): Buffer {
    if (length > this.#length) return Buffer.allocUnsafeSlow(length);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#length);
  }

  /**
   * The buffer is not the caller's any more; one too many, or of another length, is freed. `inUse` others count as if
   * they were free: they will be.
   */
  give(buffer: Buffer, inUse = 0): void {
    if (this.#free.length + inUse < this.#keep && buffer.length === this.#length) this.#free.push(buffer);
    else freeNow(buffer);
  }

  clear(): void {
    this.#free.length = 0;
  }
}
