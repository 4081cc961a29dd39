/**
 * The longest that a dump stands still. The server gives a client up that takes nothing for `net_write_timeout`
 * seconds, 60 by default.
 */
export const STANDSTILL_MILLIS = 30_000;

/** A time in which a dump's bytes are held back, and with them its client and the server behind it. */
export class Standstill {
  #over: PromiseWithResolvers<void> | undefined;
  #limit: NodeJS.Timeout | undefined;
  #ended = false;

  /** Resolves when bytes may pass; undefined: they may. */
  get over(): Promise<void> | undefined {
    return this.#over?.promise;
  }

  begin(): void {
    if (this.#ended) return;
    this.#over = Promise.withResolvers();
    this.#limit = setTimeout(() => this.end(), STANDSTILL_MILLIS);
  }

  /** For good: one that has not begun never will. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#limit);
    this.#over?.resolve();
    this.#over = undefined;
  }
}
