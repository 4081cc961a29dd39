import { decodeSegment, SegmentBuilder, type ManifestEntry } from '@lifeboat/vault-format';
import type { PlannedEntry } from './planned-entry.ts';

/** A place in the manifest's order, kept until the entry's content is durable. */
export interface Slot {
  planned: PlannedEntry;
  state: 'waiting' | 'ready' | 'dropped';
  /** An earlier name of the same file: its content is this one's too. */
  sameAs?: Slot;
}

/**
 * Entries in the manifest's order, waiting for the content of one before them. Those with nothing to read, nearly all
 * of a tree that was captured before, wait encoded: as objects they outlive the young generation, and V8 looks
 * through its whole heap for them again and again while a tree is walked.
 */
export class WaitingEntries {
  /** Slots, and between them segments of encoded entries. */
  readonly #places: (Slot | Buffer)[] = [];
  /** Encoded entries after the last place. */
  readonly #tail = new SegmentBuilder();
  #slots = 0;
  #encoded = 0;

  get slots(): number {
    return this.#slots;
  }

  get encoded(): number {
    return this.#encoded;
  }

  get isEmpty(): boolean {
    return this.#slots + this.#encoded === 0;
  }

  addSlot(slot: Slot): void {
    this.#place(this.#tail.finish());
    this.#places.push(slot);
    this.#slots += 1;
  }

  addEncoded(entry: ManifestEntry): void {
    this.#place(this.#tail.push(entry));
    this.#encoded += 1;
  }

  /** From the front, as far as slots are settled: `isSettled` says so of each, once it is the first. */
  handOn(isSettled: (slot: Slot) => boolean, onEntry: (entry: ManifestEntry) => void): void {
    let done = 0;
    for (let place = this.#at(done); place !== undefined; place = this.#at(done)) {
      if (Buffer.isBuffer(place)) {
        for (const entry of decodeSegment(place)) {
          onEntry(entry);
          this.#encoded -= 1;
        }
      } else {
        if (!isSettled(place)) break;
        if (place.state === 'ready') onEntry(place.planned.entry);
        this.#slots -= 1;
      }
      done += 1;
    }
    this.#places.splice(0, done);
  }

  #at(index: number): Slot | Buffer | undefined {
    if (index === this.#places.length) this.#place(this.#tail.finish());
    return this.#places[index];
  }

  #place(segment: Buffer | undefined): void {
    if (segment !== undefined) this.#places.push(segment);
  }
}
