import type { CapturedDump } from '@lifeboat/capture/agent';
import type { Pin } from '@lifeboat/database';
import { LifeboatError, messageOf, type Log } from '@lifeboat/kernel';

/** A snapshot that nobody asks for any more must not hold back the database's own cleaning for ever. */
const IDLE_MILLIS = 3600_000;

interface Held {
  readonly operation: string;
  readonly opened: Promise<Pin>;
  readonly dumps: Map<string, CapturedDump>;
  uses: number;
  idle: NodeJS.Timeout | undefined;
}

/**
 * Snapshots that are open and dumps under way, by the ids that the server gave them. They outlive sessions and end
 * with this process. A cluster takes one set at a time, so those of an earlier operation are leftovers.
 */
export class HeldSnapshots {
  readonly #held = new Map<string, Held>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async open(id: string, operation: string, open: () => Promise<Pin>): Promise<Pin> {
    for (const [other, held] of this.#held) if (held.operation !== operation) await this.release(other);
    this.#held.set(id, { operation, opened: open(), dumps: new Map(), uses: 0, idle: undefined });
    try {
      return await this.use(id, async (pin) => pin);
    } catch (error) {
      this.#held.delete(id);
      throw error;
    }
  }

  /** Throws DATABASE_DUMP_FAILED when the snapshot is not held: it ended with the agent that had opened it. */
  async use<T>(id: string, work: (pin: Pin) => Promise<T>): Promise<T> {
    const held = this.#held.get(id);
    if (held === undefined) throw gone();
    clearTimeout(held.idle);
    held.uses += 1;
    try {
      return await work(await held.opened);
    } finally {
      held.uses -= 1;
      if (held.uses === 0 && this.#held.get(id) === held) this.#releaseWhenIdle(id, held);
    }
  }

  /** The dump goes on after this resolves, and keeps its snapshot in use. */
  async startDump(id: string, dump: string, start: (pin: Pin) => CapturedDump): Promise<void> {
    const started = Promise.withResolvers<void>();
    const running = this.use(id, async (pin) => {
      const held = this.#held.get(id);
      if (held === undefined) throw gone();
      const captured = start(pin);
      held.dumps.set(dump, captured);
      started.resolve();
      await captured.finished.catch(() => undefined);
    });
    await Promise.race([started.promise, running]);
  }

  dump(id: string): CapturedDump {
    const dump = this.#findDump(id);
    if (dump === undefined) throw gone();
    return dump;
  }

  /** Nothing happens to a dump that is not there. */
  async cancel(dump: string): Promise<void> {
    await this.#findDump(dump)?.cancel();
  }

  /** Nothing happens to a snapshot that is not there; a dump of it that still runs is ended first. */
  async release(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    clearTimeout(held.idle);
    for (const dump of held.dumps.values()) await dump.cancel();
    const pin = await held.opened.catch(() => undefined);
    await pin?.release();
  }

  async close(): Promise<void> {
    for (const id of [...this.#held.keys()]) await this.release(id);
  }

  #findDump(id: string): CapturedDump | undefined {
    return [...this.#held.values()].map(({ dumps }) => dumps.get(id)).find((dump) => dump !== undefined);
  }

  #releaseWhenIdle(id: string, held: Held): void {
    held.idle = setTimeout(() => {
      this.#log.warn({ operation: held.operation }, 'a snapshot that nobody uses any more is let go');
      this.release(id).catch((error: unknown) =>
        this.#log.warn({ error: messageOf(error) }, 'the snapshot was not let go in order'),
      );
    }, IDLE_MILLIS);
    held.idle.unref();
  }
}

function gone(): LifeboatError {
  return new LifeboatError('DATABASE_DUMP_FAILED', 'the snapshot of the database is not open any more', {
    guidance: 'The agent that held it was restarted. Take the set again.',
  });
}
