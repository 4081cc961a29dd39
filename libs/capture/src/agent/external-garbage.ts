import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { native } from '@lifeboat/file-tree';

type Collect = (options: { type: 'minor' | 'major' }) => void;

/**
 * Bytes of Buffers lie outside V8's heap, and V8 lets 64 MB and more of dead ones pile up in every thread before it
 * looks; what it frees, the C library keeps. A capture makes megabytes of them each second, so it counts what it
 * made and collects in between: a few milliseconds a time in a worker, whose own heap is small.
 */
export class ExternalGarbage {
  readonly #limit: number;
  readonly #type: 'minor' | 'major';
  #bytes = 0;
  #collect: Collect | undefined;

  /** @param limit bytes of Buffers between two collections */
  constructor(limit: number, type: 'minor' | 'major') {
    this.#limit = limit;
    this.#type = type;
  }

  made(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#limit) return;
    this.#bytes = 0;
    this.#collector()({ type: this.#type });
  }

  /** At the end of a capture: everything goes back to the kernel, for the agent may now be idle for hours. */
  clear(): void {
    this.#bytes = 0;
    this.#collector()({ type: 'major' });
    native.trimMemory();
  }

  #collector(): Collect {
    if (this.#collect === undefined) {
      setFlagsFromString('--expose-gc');
      this.#collect = runInNewContext('gc') as Collect;
    }
    return this.#collect;
  }
}
