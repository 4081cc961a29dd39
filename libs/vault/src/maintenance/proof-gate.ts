import { invariant, type Clock } from '@lifeboat/kernel';
import { Deferred, sleep } from '@lifeboat/runtime';

/** Ingest counts as busy for so long after something came in. */
const QUIET_MILLIS = 1000;
/** What one proof waits for ingest at most, altogether, if nothing else is said: a server to which something always comes proves all the same. */
const PATIENCE_MILLIS = 30_000;

/**
 * Whom the proof lets go first: it can be made at any time, they cannot wait. A pause (a set's fence) holds it until it
 * is given back, however long that takes: a fence ends with its set. Ingest holds it while it is busy, within bounds.
 */
export class ProofGate {
  readonly #clock: Clock;
  readonly #sleep: (millis: number) => Promise<void>;
  #pauses = 0;
  #resumed = new Deferred();
  #ingestedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, wait: (millis: number) => Promise<void> = sleep) {
    this.#clock = clock;
    this.#sleep = wait;
  }

  /** Disposing of it twice does nothing more. */
  pause(): Disposable {
    this.#pauses += 1;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#giveBack();
        held = false;
      },
    };
  }

  /** Something has come in, or has become durable. */
  ingested(): void {
    this.#ingestedAt = this.#clock.monotonic();
  }

  /** For one proof: what it asks before each pack. Resolves when it may go on. `patience` in milliseconds. */
  entrance(patience = PATIENCE_MILLIS): () => Promise<void> {
    return async () => {
      for (;;) {
        if (this.#pauses > 0) {
          await this.#resumed.promise;
          continue;
        }
        const untilQuiet = this.#ingestedAt + QUIET_MILLIS - this.#clock.monotonic();
        const millis = Math.min(Math.ceil(untilQuiet), patience);
        if (millis <= 0) return;
        patience -= millis;
        await this.#sleep(millis);
      }
    };
  }

  #giveBack(): void {
    invariant(this.#pauses > 0, 'a pause is given back once');
    this.#pauses -= 1;
    if (this.#pauses > 0) return;
    this.#resumed.resolve();
    this.#resumed = new Deferred();
  }
}
