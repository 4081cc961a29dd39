import { readFile, unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { checkBlobName } from './blob-name.ts';
import { blobExists, blobNotFound } from './blob-errors.ts';
import type { BlobEntry, BlobSource, BlobStore } from './blob-store.ts';

/** For tests and tools: durable as long as the process lives. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<string, Buffer>();

  async put(name: string, source: BlobSource): Promise<void> {
    checkBlobName(name);
    const bytes = Buffer.isBuffer(source) ? Buffer.from(source) : await readFile(source.file);
    if (this.#blobs.has(name)) throw blobExists(name);
    this.#blobs.set(name, bytes);
    if (!Buffer.isBuffer(source)) await unlink(source.file);
  }

  async get(name: string): Promise<Buffer> {
    return Buffer.from(this.#bytes(name));
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    return Buffer.from(this.#bytes(name).subarray(offset, offset + length));
  }

  async size(name: string): Promise<number | undefined> {
    return this.#blobs.get(checkBlobName(name))?.length;
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    for (const name of [...this.#blobs.keys()].filter((each) => each.startsWith(prefix)).sort()) {
      const bytes = this.#blobs.get(name);
      if (bytes !== undefined) yield { name, size: bytes.length };
    }
  }

  async delete(name: string): Promise<void> {
    this.#blobs.delete(checkBlobName(name));
  }

  stream(name: string): Readable {
    return Readable.from(this.#pieces(name), { objectMode: false });
  }

  async *#pieces(name: string): AsyncGenerator<Buffer> {
    yield await this.get(name);
  }

  #bytes(name: string): Buffer {
    const bytes = this.#blobs.get(checkBlobName(name));
    if (bytes === undefined) throw blobNotFound(name);
    return bytes;
  }
}
