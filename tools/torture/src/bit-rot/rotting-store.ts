import { Readable } from 'node:stream';
import type { BlobEntry, BlobSource, BlobStore } from '@lifeboat/blob-store';

export interface Rot {
  readonly name: string;
  readonly offset: number;
  /** Which bits of the byte are the other way round. */
  readonly mask: number;
}

/** A store in which one byte of one blob reads as another; blobs are no files, so that nobody reads past it. */
export class RottingStore implements BlobStore {
  readonly #sound: BlobStore;
  rot: Rot | undefined;

  constructor(sound: BlobStore) {
    this.#sound = sound;
  }

  put(name: string, source: BlobSource): Promise<void> {
    return this.#sound.put(name, source);
  }

  async get(name: string): Promise<Buffer> {
    return this.#rotten(name, 0, await this.#sound.get(name));
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#rotten(name, offset, await this.#sound.read(name, offset, length));
  }

  size(name: string): Promise<number | undefined> {
    return this.#sound.size(name);
  }

  list(prefix: string): AsyncIterable<BlobEntry> {
    return this.#sound.list(prefix);
  }

  delete(name: string): Promise<void> {
    return this.#sound.delete(name);
  }

  stream(name: string): Readable {
    const whole = async function* (this: RottingStore): AsyncGenerator<Buffer> {
      yield await this.get(name);
    };
    return Readable.from(whole.call(this), { objectMode: false });
  }

  #rotten(name: string, start: number, bytes: Buffer): Buffer {
    const at = this.rot?.name === name ? this.rot.offset - start : -1;
    if (at < 0 || at >= bytes.length) return bytes;
    const rotten = Buffer.from(bytes);
    rotten[at]! ^= this.rot!.mask;
    return rotten;
  }
}
