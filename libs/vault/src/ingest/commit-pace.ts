import type { Clock } from '@lifeboat/kernel';
import { sleep } from '@lifeboat/runtime';

/** From the begin of one commit to that of the next, in a stream. */
export const PACE_MILLIS = 50;
/** Less is no stream: a change or two, and a set may be waiting for just these. */
export const STREAM_BYTES = 512 * 1024;
/** Worth a commit at any time. */
export const WORTHWHILE_BYTES = 8 * 1024 * 1024;

/**
 * A commit costs a sync of the disk and a transaction of the catalog, however little it holds. In a stream of messages
 * each is therefore given time to gather several; the window of an upload is large enough for its agent not to notice.
 */
export class CommitPace {
  readonly #clock: Clock;
  readonly #sleep: (millis: number) => Promise<void>;
  #beganAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, wait: (millis: number) => Promise<void> = sleep) {
    this.#clock = clock;
    this.#sleep = wait;
  }

  /** Resolves when a commit may begin for which so many bytes wait. */
  async begin(bytes: number): Promise<void> {
    const millis = Math.ceil(this.#beganAt + PACE_MILLIS - this.#clock.monotonic());
    if (millis > 0 && bytes >= STREAM_BYTES && bytes < WORTHWHILE_BYTES) await this.#sleep(millis);
    this.#beganAt = this.#clock.monotonic();
  }
}
