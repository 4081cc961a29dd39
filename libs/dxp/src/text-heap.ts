import { Buffer } from 'node:buffer';

const SLAB = 1 << 20;
const LENGTH = 4;
const MOST_BYTES_A_CHARACTER = 3;

/** Many short texts in few bytes, outside of JavaScript's heap: written once, read by the position given then. */
export class TextHeap {
  readonly #slabs: Buffer[] = [];
  #used = SLAB;

  /** @returns the position of the first; the others follow it */
  add(...texts: string[]): number {
    let most = 0;
    for (const text of texts) most += LENGTH + text.length * MOST_BYTES_A_CHARACTER;
    if (this.#slabs.length === 0 || this.#used + most > SLAB) {
      // One that is longer than a slab has a slab of its own.
      this.#slabs.push(Buffer.allocUnsafeSlow(Math.max(SLAB, most)));
      this.#used = 0;
    }
    const position = (this.#slabs.length - 1) * SLAB + this.#used;
    const slab = this.#slabs.at(-1)!;
    for (const text of texts) {
      const length = slab.write(text, this.#used + LENGTH, 'utf8');
      slab.writeUInt32LE(length, this.#used);
      this.#used += LENGTH + length;
    }
    return position;
  }

  read(position: number, count: number): string[] {
    const slab = this.#slabs[Math.floor(position / SLAB)]!;
    let at = position % SLAB;
    const texts: string[] = [];
    for (let text = 0; text < count; text += 1) {
      const end = at + LENGTH + slab.readUInt32LE(at);
      texts.push(slab.toString('utf8', at + LENGTH, end));
      at = end;
    }
    return texts;
  }
}
