import { invariant } from '@lifeboat/kernel';

/** At most `size` at a time; whoever waits longest is next. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    invariant(Number.isInteger(size) && size > 0, 'a semaphore has room for at least one');
    this.#free = size;
  }

  /** Waits for room. The returned function gives it back; calling it again does nothing. */
  async acquire(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      // Handed over, not freed: a newcomer must not overtake.
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.acquire();
    try {
      return await work();
    } finally {
      release();
    }
  }
}
