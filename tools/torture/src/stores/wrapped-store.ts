import type { Readable } from 'node:stream';
import type { BlobEntry, BlobSource, BlobStore } from '@lifeboat/blob-store';

/** A store that does what another one does. Blobs are no files here, so that nobody reads past it. */
export class WrappedStore implements BlobStore {
  readonly #inner: BlobStore;

  constructor(inner: BlobStore) {
    this.#inner = inner;
  }

  put(name: string, source: BlobSource): Promise<void> {
    return this.#inner.put(name, source);
  }

  get(name: string): Promise<Buffer> {
    return this.#inner.get(name);
  }

  read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#inner.read(name, offset, length);
  }

  size(name: string): Promise<number | undefined> {
    return this.#inner.size(name);
  }

  list(prefix: string): AsyncIterable<BlobEntry> {
    return this.#inner.list(prefix);
  }

  delete(name: string): Promise<void> {
    return this.#inner.delete(name);
  }

  stream(name: string): Readable {
    return this.#inner.stream(name);
  }
}
