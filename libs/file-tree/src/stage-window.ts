import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from './byte-path.ts';
import type { Piece } from './stage-content.ts';

export interface WaitingFile {
  readonly path: BytePath;
  readonly entry: ManifestEntry;
  /** Made in this run: a hole wherever nothing has been written yet. */
  readonly isFresh: boolean;
}

interface WantedPlaces {
  readonly chunk: Buffer;
  readonly length: number;
  readonly places: { file: WaitingFile; offset: number }[];
}

const MAX_PLACES = 65_536;

/**
 * Files that wait for chunks, up to a bound: within it a chunk is fetched once and written everywhere it belongs,
 * across windows it may be fetched again. This keeps memory flat for any size of tree.
 */
export class FetchWindow {
  readonly files: WaitingFile[] = [];
  readonly #chunks = new Map<string, WantedPlaces>();
  #places = 0;

  add(file: WaitingFile, missing: readonly Piece[]): void {
    this.files.push(file);
    for (const { chunk, offset, length } of missing) {
      // A hostile manifest may give one chunk two lengths: they must not share bytes.
      const key = `${chunk.toString('latin1')}${length}`;
      const known = this.#chunks.get(key);
      if (known === undefined) this.#chunks.set(key, { chunk, length, places: [{ file, offset }] });
      else known.places.push({ file, offset });
    }
    this.#places += missing.length;
  }

  get isFull(): boolean {
    return this.#places >= MAX_PLACES;
  }

  wanted(): readonly WantedPlaces[] {
    return [...this.#chunks.values()];
  }
}
