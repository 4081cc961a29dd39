import { collectGarbage } from './collect-garbage.ts';

/**
 * Bytes of Buffers lie outside V8's heap, and V8 lets 32 MiB and more of dead ones pile up in every thread before it
 * looks through its whole heap for them. A capture makes them by the megabyte and drops them at once: a look at the
 * youngest objects alone finds them, in a millisecond.
 */
export class DeadBuffers {
  readonly #limit: number;
  #bytes = 0;

  /** @param limit bytes of Buffers between two looks */
  constructor(limit: number) {
    this.#limit = limit;
  }

  made(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#limit) return;
    this.#bytes = 0;
    collectGarbage('minor');
  }
}
