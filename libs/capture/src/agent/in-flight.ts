/** A share of what is in flight. */
export interface InFlightCredit {
  /** It holds fewer bytes from now on. */
  shrinkTo(bytes: number): void;
  release(): void;
}

/** Counts bytes held in memory (read, then sealed) until they are on their way, and says when there are enough of them. */
export class InFlight {
  readonly #limit: number;
  #bytes = 0;
  #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#bytes >= this.#limit;
  }

  take(bytes: number): InFlightCredit {
    let held = bytes;
    this.#bytes += bytes;
    const shrinkTo = (rest: number): void => {
      if (rest >= held) return;
      this.#bytes -= held - rest;
      held = rest;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    };
    return { shrinkTo, release: () => shrinkTo(0) };
  }

  /** Waits while it is full. */
  async room(): Promise<void> {
    while (this.full) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
