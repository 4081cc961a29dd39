import { NumberColumn } from '@lifeboat/dxp';

const SLAB = 1 << 20;
/** Paths a slot at most: beyond, the slots are made anew, twice as many. */
const LOAD = 0.7;
const FIRST_SLOTS = 1 << 10;
const FREE = -1;

/**
 * Paths (one character a byte) by number, each with a value, in little memory: the bytes of the path and about 25
 * more. A million paths in a Map take twice that, and the garbage collector walks all of them.
 */
export class PathTable {
  readonly #slabs: Buffer[] = [];
  #used = SLAB;
  readonly #start = new NumberColumn(Float64Array);
  readonly #length = new NumberColumn(Uint32Array);
  readonly #value = new NumberColumn(Float64Array);
  #slots = new Int32Array(FIRST_SLOTS).fill(FREE);

  get length(): number {
    return this.#start.length;
  }

  /** A path that is not there yet. @returns its number */
  add(path: string, value: number): number {
    if (this.length >= this.#slots.length * LOAD) this.#grow();
    const number = this.length;
    this.#start.push(this.#write(path));
    this.#length.push(path.length);
    this.#value.push(value);
    this.#slots[this.#slotOf(path)] = number;
    return number;
  }

  /** The path's number; -1 when it is not there. */
  find(path: string): number {
    return this.#slots[this.#slotOf(path)]!;
  }

  pathAt(number: number): string {
    const start = this.#start.at(number);
    const at = start % SLAB;
    return this.#slabs[Math.floor(start / SLAB)]!.toString('latin1', at, at + this.#length.at(number));
  }

  valueAt(number: number): number {
    return this.#value.at(number);
  }

  #write(path: string): number {
    if (this.#used + path.length > SLAB) {
      // One that is longer than a slab has a slab of its own.
      this.#slabs.push(Buffer.allocUnsafeSlow(Math.max(SLAB, path.length)));
      this.#used = 0;
    }
    const start = (this.#slabs.length - 1) * SLAB + this.#used;
    this.#used += this.#slabs.at(-1)!.write(path, this.#used, 'latin1');
    return start;
  }

  /** Where the path is, or where it would go: the next free slot. */
  #slotOf(path: string): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(path) & mask;
    for (;;) {
      const number = this.#slots[slot]!;
      if (number === FREE || this.#is(number, path)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #is(number: number, path: string): boolean {
    if (this.#length.at(number) !== path.length) return false;
    const start = this.#start.at(number);
    const slab = this.#slabs[Math.floor(start / SLAB)]!;
    const at = start % SLAB;
    // From the end: neighbours have their beginnings in common.
    for (let index = path.length - 1; index >= 0; index -= 1)
      if (slab[at + index] !== path.charCodeAt(index)) return false;
    return true;
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(FREE);
    for (let number = 0; number < this.length; number += 1)
      this.#slots[this.#slotOf(this.pathAt(number))] = number;
  }
}

/** FNV-1a of 32 bits: short keys, spread well enough for a table of slots. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // The low bits choose the slot: let the high ones have a say.
  return (hash ^ (hash >>> 15)) >>> 0;
}
