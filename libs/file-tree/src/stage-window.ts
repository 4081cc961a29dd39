import type { Piece } from './stage-content.ts';
import type { ChunkPlace, PlacedChunk, WrittenFile } from './stager.ts';

export interface WaitingFile extends WrittenFile {
  /**
   * absent: its only chunk makes it; fresh: made in this run, a hole wherever a piece is missing; copied: a whole copy
   * of the live file, other bytes wherever a piece is missing; resumed: left by a run that broke off, the same.
   */
  readonly state: 'absent' | 'fresh' | 'copied' | 'resumed';
}

interface Wanted extends PlacedChunk {
  readonly places: ChunkPlace[];
}

const MAX_PLACES = 16_384;
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Files that wait for chunks, up to a bound: within it a chunk is fetched once and written everywhere it belongs,
 * across windows it may be fetched again. This keeps memory flat for any size of tree.
 */
export class FetchWindow {
  /** Those that are not proved as soon as their chunk is written. */
  readonly unproved: WrittenFile[] = [];
  readonly #chunks = new Map<string, Wanted>();
  #places = 0;
  #bytes = 0;

  add({ path, pieces, metadata, state }: WaitingFile, missing: readonly Piece[]): void {
    const isAbsent = state === 'absent';
    if (!isAbsent) this.unproved.push({ path, pieces, metadata });
    const whole = isAbsent ? metadata : undefined;
    for (const piece of missing)
      this.#want(piece, { path, offset: piece.offset, isFresh: state === 'fresh', whole });
    this.#places += missing.length;
  }

  get isFull(): boolean {
    return this.#places >= MAX_PLACES || this.#bytes >= MAX_BYTES;
  }

  wanted(): readonly PlacedChunk[] {
    return [...this.#chunks.values()];
  }

  #want({ chunk, length }: Piece, place: ChunkPlace): void {
    // A hostile manifest may give one chunk two lengths: they must not share bytes.
    const key = `${chunk.toString('latin1')}${length}`;
    const known = this.#chunks.get(key);
    if (known !== undefined) known.places.push(place);
    else {
      this.#chunks.set(key, { chunk, length, places: [place] });
      this.#bytes += length;
    }
  }
}
