interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

/** Loads under way, one per restore: a server that stopped waiting for one must not meet it at its next step. */
export class RunningLoads {
  readonly #running = new Map<string, Running>();

  async run<T>(restore: string, signal: AbortSignal, load: (signal: AbortSignal) => Promise<T>): Promise<T> {
    await this.end(restore);
    const abort = new AbortController();
    const loading = load(AbortSignal.any([abort.signal, signal]));
    const running = { abort, ended: loading.catch(() => undefined) };
    this.#running.set(restore, running);
    try {
      return await loading;
    } finally {
      if (this.#running.get(restore) === running) this.#running.delete(restore);
    }
  }

  /** Resolves when no load of this restore runs any more. */
  async end(restore: string): Promise<void> {
    const running = this.#running.get(restore);
    running?.abort.abort();
    await running?.ended;
  }

  async close(): Promise<void> {
    for (const restore of [...this.#running.keys()]) await this.end(restore);
  }
}
