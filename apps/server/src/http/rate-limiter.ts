import { LifeboatError, type Clock } from '@lifeboat/kernel';

/** Addresses remembered at most: beyond it the oldest are forgotten, memory stays bounded under attack. */
const MAX_ADDRESSES = 10_000;

interface Window {
  readonly startedAt: number;
  count: number;
}

/** So many events per address and minute; what is over is refused without further work. */
export class RateLimiter {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #windowMillis: number;
  readonly #windows = new Map<string, Window>();

  constructor(limit: number, clock: Clock, windowMillis = 60_000) {
    this.#limit = limit;
    this.#clock = clock;
    this.#windowMillis = windowMillis;
  }

  /** @throws LifeboatError RATE_LIMITED with `retryAfterSeconds` in its context */
  assertBelowLimit(address: string): void {
    const window = this.#current(address);
    if (window === undefined || window.count < this.#limit) return;
    const millis = window.startedAt + this.#windowMillis - this.#clock.monotonic();
    const retryAfterSeconds = Math.max(1, Math.ceil(millis / 1000));
    throw new LifeboatError('RATE_LIMITED', 'too many attempts from this address', {
      guidance: `Try again in ${retryAfterSeconds} seconds.`,
      context: { retryAfterSeconds },
    });
  }

  count(address: string): void {
    const window = this.#current(address);
    if (window) {
      window.count += 1;
      return;
    }
    this.#windows.delete(address);
    this.#windows.set(address, { startedAt: this.#clock.monotonic(), count: 1 });
    const oldest = this.#windows.keys().next();
    if (this.#windows.size > MAX_ADDRESSES && !oldest.done) this.#windows.delete(oldest.value);
  }

  #current(address: string): Window | undefined {
    const window = this.#windows.get(address);
    return window && this.#clock.monotonic() - window.startedAt < this.#windowMillis ? window : undefined;
  }
}
