/** Buffers used again: a fresh 4 MiB buffer costs its page faults each time. Keeps at most `keep` free ones. */
export class BufferPool {
  readonly #free: Buffer[] = [];
  readonly #keep: number;

  constructor(keep = 1) {
    this.#keep = keep;
  }

  /** At least `length` bytes, content undefined. */
  take(length: number): Buffer {
    const index = this.#free.findIndex((buffer) => buffer.length >= length && buffer.length <= length * 4);
    const [found] = index === -1 ? [] : this.#free.splice(index, 1);
    return found ?? Buffer.allocUnsafeSlow(length);
  }

  give(buffer: Buffer): void {
    this.#free.push(buffer);
    if (this.#free.length > this.#keep) this.#free.shift();
  }
}
