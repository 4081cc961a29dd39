import type { PruneView } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import type { PruneProgress, PruneReport } from '@lifeboat/vault';

import { MaintenanceRuns } from './maintenance-runs.ts';

/** Runs prunes, one at a time, and tells of the last. */
export class PruneOperations {
  readonly #services: Services;
  readonly #graceSeconds: number;
  readonly #onEnded: (report: PruneReport, at: Date) => void;
  readonly #runs: MaintenanceRuns<PruneProgress, PruneReport>;

  /** `onEnded` is told of every prune that went to its end and changed something or could have. */
  constructor(
    services: Services,
    graceSeconds: number,
    onEnded: (report: PruneReport, at: Date) => void = () => undefined,
  ) {
    this.#services = services;
    this.#graceSeconds = graceSeconds;
    this.#onEnded = onEnded;
    const { clock, log } = services;
    this.#runs = new MaintenanceRuns({ name: 'prune', did: 'pruned', clock, log });
  }

  /** CONFLICT while one is running. */
  start({ dryRun, allowLarge }: { readonly dryRun: boolean; readonly allowLarge: boolean }): void {
    const { vault, clock, log } = this.#services;
    const graceMillis = this.#graceSeconds * 1000;
    this.#runs.start(dryRun, async (means) => {
      const report = await vault.prune({ dryRun, allowLarge, graceMillis, ...means });
      log.info({ ...report }, 'prune ended');
      if (!dryRun) this.#onEnded(report, clock.now());
      return report;
    });
  }

  async view(): Promise<PruneView> {
    const graceSeconds = this.#graceSeconds;
    const seen = this.#runs.view();
    if (seen !== undefined) {
      const { report, ...run } = seen;
      return { ...run, figures: report, graceSeconds };
    }
    const last = await this.#services.catalog.prunes.latest();
    const none = { dryRun: false, graceSeconds, progress: null };
    if (last === undefined)
      return { ...none, state: 'never', beganAt: null, endedAt: null, figures: null, failure: null };
    const { beganAt, endedAt, figures, failure } = last;
    return {
      ...none,
      state: endedAt === null ? 'interrupted' : failure === null ? 'done' : 'failed',
      beganAt: beganAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
      figures: figures as PruneView['figures'],
      failure: failure === null ? null : { ...failure },
    };
  }

  /** Ends the one that runs where it is; the next goes on. */
  async stop(): Promise<void> {
    await this.#runs.stop();
  }
}
