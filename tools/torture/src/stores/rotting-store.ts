import { Readable } from 'node:stream';
import { WrappedStore } from './wrapped-store.ts';

export interface Rot {
  readonly name: string;
  readonly offset: number;
  /** Which bits of the byte are the other way round. */
  readonly mask: number;
}

/** A store in which one byte of one blob reads as another. */
export class RottingStore extends WrappedStore {
  rot: Rot | undefined;

  override async get(name: string): Promise<Buffer> {
    return this.#rotten(name, 0, await super.get(name));
  }

  override async read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#rotten(name, offset, await super.read(name, offset, length));
  }

  override stream(name: string): Readable {
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
