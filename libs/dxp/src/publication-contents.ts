import type { StoredContent } from './stored-content.ts';

/** Contents of publications by the path that a store would have for them. */
export class PublicationContents {
  readonly #sizes = new Map<string, number>();

  constructor(contents: Iterable<StoredContent> = []) {
    for (const { ctCollectionId, companyId, repositoryId, path, version, size } of contents)
      this.#sizes.set(keyOf(ctCollectionId, `${companyId}/${repositoryId}/${path}/${version}`), size);
  }

  /** Bytes kept for `path` inside this publication; undefined when there are none, and for production ('0'). */
  size(ctCollectionId: string, path: string): number | undefined {
    if (ctCollectionId === '0') return undefined;
    const size = this.#sizes.get(keyOf(ctCollectionId, path));
    return size === undefined || size < 0 ? undefined : size;
  }
}

function keyOf(ctCollectionId: string, path: string): string {
  return `${ctCollectionId}/${path}`;
}
