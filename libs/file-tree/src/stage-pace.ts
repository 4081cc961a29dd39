import { setImmediate } from 'node:timers/promises';

/** Work at most this long before other things (heartbeats, commands) get a turn. */
const TURN_MILLIS = 15;

/**
 * Synchronous calls of node:fs are several times cheaper per file than promises, but hold up the process; this lets
 * a long run of them breathe, and is where it notices that it should stop.
 */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #turnEnds = performance.now() + TURN_MILLIS;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  async breathe(): Promise<void> {
    if (performance.now() < this.#turnEnds) return;
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#turnEnds = performance.now() + TURN_MILLIS;
  }
}
