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

  /** Content undefined. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#length);
  }

  /** Takes no notice of a buffer that is not one of its own. */
  give(buffer: Buffer): void {
    if (this.#free.length < this.#keep && buffer.length === this.#length) this.#free.push(buffer);
  }

  clear(): void {
    this.#free.length = 0;
  }
}
