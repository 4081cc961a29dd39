import type { StoreIndex } from './resolve-documents.ts';
import type { StoredContent } from './stored-content.ts';

/**
 * What DBStore keeps (DXP facts §2.8), seen as a store: its columns, put together, are the paths of the plain layout.
 * Rows without bytes are none. Memory: about 150 bytes a row.
 */
export class StoreContents implements StoreIndex {
  /** Of the copies of a path the publications' come after production's. */
  readonly #sizes = new Map<string, number[]>();
  contents = 0;
  bytes = 0;

  constructor(contents: Iterable<StoredContent>) {
    for (const { companyId, repositoryId, path, version, size, ctCollectionId } of contents) {
      if (size < 0) continue;
      this.contents += 1;
      this.bytes += size;
      const key = `${companyId}/${repositoryId}/${path}/${version}`;
      const others = this.#sizes.get(key) ?? [];
      this.#sizes.set(key, ctCollectionId === '0' ? [size, ...others] : [...others, size]);
    }
  }

  size(path: string, wanted: number): number | undefined {
    const sizes = this.#sizes.get(path);
    return sizes?.includes(wanted) === true ? wanted : sizes?.[0];
  }

  files(): Iterable<string> {
    return this.#sizes.keys();
  }
}
