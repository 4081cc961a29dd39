import type { Readable } from 'node:stream';
import type { BlobEntry, BlobSource, BlobStore } from '@lifeboat/blob-store';
import { LifeboatError } from '@lifeboat/kernel';

/** A store on a disk that is full while one says so. */
export class FullStore implements BlobStore {
  readonly #roomy: BlobStore;
  isFull = false;

  constructor(roomy: BlobStore) {
    this.#roomy = roomy;
  }

  async put(name: string, source: BlobSource): Promise<void> {
    if (this.isFull) throw new LifeboatError('VAULT_FULL', 'no space left, says the test');
    await this.#roomy.put(name, source);
  }

  get(name: string): Promise<Buffer> {
    return this.#roomy.get(name);
  }

  read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#roomy.read(name, offset, length);
  }

  size(name: string): Promise<number | undefined> {
    return this.#roomy.size(name);
  }

  list(prefix: string): AsyncIterable<BlobEntry> {
    return this.#roomy.list(prefix);
  }

  delete(name: string): Promise<void> {
    return this.#roomy.delete(name);
  }

  stream(name: string): Readable {
    return this.#roomy.stream(name);
  }
}
