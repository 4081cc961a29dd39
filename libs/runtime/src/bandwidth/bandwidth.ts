import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@lifeboat/kernel';
import { minuteOfDay, rateAt, type RateSchedule } from './rate-schedule.ts';
import { emptyBucket, refill, spend, waitMillis, type TokenBucket } from './token-bucket.ts';

export interface BandwidthOptions {
  readonly schedule: RateSchedule;
  readonly clock: Clock;
  /** While it says so there is no limit. */
  readonly isLifted?: () => boolean;
  readonly wait?: (millis: number) => Promise<unknown>;
}

/** The schedule is looked at so often while something waits. */
const LOOK_MILLIS = 250;

/** What one process may send: whoever asks first goes first. */
export class Bandwidth {
  readonly #options: BandwidthOptions;
  readonly #wait: (millis: number) => Promise<unknown>;
  readonly #queue: { readonly bytes: number; readonly go: () => void }[] = [];
  #bucket: TokenBucket;
  #waitedBytes = 0;

  constructor(options: BandwidthOptions) {
    this.#options = options;
    // What waits for its turn must not keep a process alive that is to end.
    this.#wait = options.wait ?? ((millis) => delay(millis, undefined, { ref: false }));
    this.#bucket = emptyBucket(this.rate, options.clock.monotonic());
  }

  /** Bytes a second that may go now; Infinity: no limit. */
  get rate(): number {
    const { schedule, clock, isLifted } = this.#options;
    return isLifted?.() === true ? Infinity : rateAt(schedule, minuteOfDay(clock.now()));
  }

  /** All bytes so far that had to wait. */
  get waitedBytes(): number {
    return this.#waitedBytes;
  }

  /** Undefined: they may go at once. */
  take(bytes: number): Promise<void> | undefined {
    if (this.#queue.length === 0 && this.#spend(bytes)) return undefined;
    this.#waitedBytes += bytes;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push({ bytes, go: resolve });
    if (this.#queue.length === 1) void this.#serve();
    return promise;
  }

  async #serve(): Promise<void> {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (this.#spend(first.bytes)) {
        this.#queue.shift();
        first.go();
      } else await this.#wait(Math.min(LOOK_MILLIS, waitMillis(this.#bucket, first.bytes)));
    }
  }

  #spend(bytes: number): boolean {
    this.#bucket = refill(this.#bucket, this.rate, this.#options.clock.monotonic());
    const spent = spend(this.#bucket, bytes);
    this.#bucket = spent ?? this.#bucket;
    return spent !== undefined;
  }
}
