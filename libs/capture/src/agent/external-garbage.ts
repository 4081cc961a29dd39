import { native } from '@lifeboat/file-tree';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' | 'major' }) => void;

let collect: Collect | undefined;

/**
 * Bytes of Buffers lie outside V8's heap, and V8 lets 64 MB and more of dead ones pile up in every thread before it
 * looks. A capture makes megabytes of them each second; counting what was made and collecting the young generation
 * in between keeps the resident memory flat at about a millisecond a time.
 */
export class ExternalGarbage {
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes of Buffers between two collections */
  constructor(limit: number) {
    this.#limit = limit;
  }

  made(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#limit) return;
    this.#bytes = 0;
    collect ??= exposeCollect();
    collect({ type: 'minor' });
    native.trimMemory();
  }
}

function exposeCollect(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
