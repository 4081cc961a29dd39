import type { VaultView } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import { messageOf } from '@lifeboat/kernel';
import { sleep } from '@lifeboat/runtime';
import type { ReplicaLag } from '@lifeboat/vault';

/** Between two looks: what was sealed is in the replica so much later at most, and copied as fast as it goes. */
const PAUSE_MILLIS = 10_000;

export interface ReplicaMetrics {
  copied(bytes: number): void;
  lag(lag: ReplicaLag, at: Date): void;
}

/** Keeps the replica up with the vault for as long as the server runs. */
export class ReplicaOperations {
  readonly #services: Services;
  readonly #location: string | undefined;
  readonly #metrics: ReplicaMetrics;
  readonly #pauseMillis: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #problem: string | null = null;

  /** `location`: of the replica, without credentials; undefined: there is none. */
  constructor(
    services: Services,
    location: string | undefined,
    metrics: ReplicaMetrics,
    pauseMillis: number = PAUSE_MILLIS,
  ) {
    this.#services = services;
    this.#location = location;
    this.#metrics = metrics;
    this.#pauseMillis = pauseMillis;
  }

  start(): void {
    if (this.#services.vault.replica !== undefined) this.#running = this.#run();
  }

  async view(): Promise<VaultView['replica']> {
    const { replica } = this.#services.vault;
    if (replica === undefined || this.#location === undefined) return null;
    const { sets, ...behind } = await replica.lag();
    const lastSet = (await replica.lastSet()) ?? null;
    return { location: this.#location, behind: { ...behind, sets }, lastSet, problem: this.#problem };
  }

  /** What was copied and read back is not copied again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#pass(signal);
      await sleep(this.#pauseMillis, signal).catch(() => undefined);
    }
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { vault, clock, log } = this.#services;
    const { replica } = vault;
    if (replica === undefined) return;
    try {
      const { blobs, bytes, problems } = await replica.pass(signal);
      if (blobs > 0) log.info({ blobs, bytes }, 'copied to the replica');
      this.#metrics.copied(bytes);
      this.#tell(problems[0] ?? null);
      this.#metrics.lag(await replica.lag(), clock.now());
    } catch (thrown) {
      if (!signal.aborted) this.#tell(messageOf(thrown));
    }
  }

  /** Once, not at each look. */
  #tell(problem: string | null): void {
    if (problem !== null && problem !== this.#problem)
      this.#services.log.warn({ problem }, 'the replica does not catch up');
    this.#problem = problem;
  }
}
