import type { Services } from '@lifeboat/coordination';
import { toErrorReport } from '@lifeboat/kernel';
import { sleep } from '@lifeboat/runtime';
import type { DataReport, RenewalReport } from '@lifeboat/vault';

const HOUR_MILLIS = 3_600_000;
/** A proof is left alone for a week: a small vault is not read over and over. */
const FRESH_MILLIS = 7 * 24 * HOUR_MILLIS;

export interface ProofGauges {
  renewed(report: RenewalReport): void;
  measured(proofs: { readonly unproved: number; readonly oldestProof: Date | null }): void;
}

/** Makes old proofs again in the background, oldest first: a box of time in every hour. */
export class ProofRenewals {
  readonly #services: Services;
  readonly #gauges: ProofGauges;
  readonly #sleep: typeof sleep;
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(services: Services, gauges: ProofGauges, wait = sleep) {
    this.#services = services;
    this.#gauges = gauges;
    this.#sleep = wait;
  }

  /** `seconds` in every hour; 0: never, and proofs are measured alone. */
  start(seconds: number): void {
    this.#ended = this.#run(seconds * 1000);
  }

  /** A check has read data: that counts, too. */
  checked(data: DataReport): void {
    this.#gauges.renewed(data);
    this.#gauges.measured(data);
  }

  /** The pack that is being read is read to its end, or given up by the vault's own end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  /** Never rejects. */
  async #run(maxMillis: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#measure();
      await this.#sleep(HOUR_MILLIS - maxMillis, signal).catch(() => undefined);
      if (maxMillis > 0 && !signal.aborted) await this.#renew(maxMillis);
    }
  }

  async #measure(): Promise<void> {
    const { catalog, clock } = this.#services;
    try {
      this.#gauges.measured(await catalog.packs.proofTotals(clock.now()));
    } catch (error) {
      this.#putOff(error);
    }
  }

  async #renew(maxMillis: number): Promise<void> {
    const { vault, clock, log } = this.#services;
    const before = new Date(clock.now().getTime() - FRESH_MILLIS);
    try {
      const report = await vault.renewProofs({ maxMillis, before, signal: this.#stopping.signal });
      this.#gauges.renewed(report);
      if (report.packs > 0) log.info({ ...report }, 'old proofs made again');
    } catch (error) {
      this.#putOff(error);
    }
  }

  #putOff(error: unknown): void {
    this.#services.log.warn({ error: toErrorReport(error) }, 'renewal of old proofs put off');
  }
}
