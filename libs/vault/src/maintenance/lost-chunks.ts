import { CHUNK_ID_LENGTH } from '@lifeboat/kernel';

/** Chunks that a check could not read where they lie: as many as there is damage. */
export class LostChunks {
  /** In hex; ids of two clusters are never the same, being made with a key of each. */
  readonly #ids = new Set<string>();

  add(chunks: readonly { readonly id: Buffer }[]): void {
    for (const { id } of chunks) this.#ids.add(id.toString('hex'));
  }

  has(id: Buffer): boolean {
    return this.#ids.has(id.toString('hex'));
  }

  /** The place in `ids` of a lost one. */
  findAmong(ids: Buffer): number | undefined {
    if (this.#ids.size === 0) return undefined;
    for (let place = 0; place < ids.length / CHUNK_ID_LENGTH; place += 1) {
      const start = place * CHUNK_ID_LENGTH;
      if (this.#ids.has(ids.toString('hex', start, start + CHUNK_ID_LENGTH))) return place;
    }
    return undefined;
  }
}
