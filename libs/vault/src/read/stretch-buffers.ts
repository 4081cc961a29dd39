/** Memory that is new has to be got from the kernel page by page: for a gigabyte that takes a third of a second. */
export class StretchBuffers {
  readonly #length: number;
  readonly #kept: number;
  readonly #free: Buffer[] = [];

  constructor(length: number, kept: number) {
    this.#length = length;
    this.#kept = kept;
  }

  /** Of at least `length` bytes. */
  take(length: number): Buffer {
    if (length > this.#length) return Buffer.allocUnsafeSlow(length);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#length);
  }

  /** What was taken and is not looked at any more. */
  give(buffer: Buffer): void {
    if (buffer.length === this.#length && this.#free.length < this.#kept) this.#free.push(buffer);
  }
}
