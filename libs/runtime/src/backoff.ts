export interface BackoffOptions {
  /** Upper bound of the first wait; 250 ms when left out. */
  readonly baseMillis?: number;
  /** Upper bound of every wait; 30 s when left out. */
  readonly maxMillis?: number;
  /** From 0 (included) to 1; Math.random when left out. */
  readonly random?: () => number;
}

/**
 * How long to wait before trying again: bounds double, and the wait is drawn evenly from zero to the bound (full
 * jitter), so that a hundred agents do not come back at once.
 */
export class Backoff {
  readonly #base: number;
  readonly #max: number;
  readonly #random: () => number;
  #bound: number;

  constructor(options: BackoffOptions = {}) {
    this.#base = options.baseMillis ?? 250;
    this.#max = options.maxMillis ?? 30_000;
    this.#random = options.random ?? Math.random;
    this.#bound = this.#base;
  }

  /** Milliseconds. */
  next(): number {
    const bound = Math.min(this.#bound, this.#max);
    this.#bound = Math.min(bound * 2, this.#max);
    return this.#random() * bound;
  }

  /** After a success. */
  reset(): void {
    this.#bound = this.#base;
  }
}
