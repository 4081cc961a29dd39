import type { RepairView } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import type { RepairProgress, RepairReport } from '@lifeboat/vault';

import { MaintenanceRuns } from './maintenance-runs.ts';

export interface RepairRequest {
  readonly dryRun: boolean;
  readonly readData: boolean;
  readonly allowLarge: boolean;
}

/** Runs repairs, one at a time, and tells of the last. */
export class RepairOperations {
  readonly #services: Services;
  readonly #onEnded: (report: RepairReport, at: Date) => void;
  readonly #runs: MaintenanceRuns<RepairProgress, RepairReport>;

  /** `onEnded` is told of every repair that went to its end and could have changed something. */
  constructor(services: Services, onEnded: (report: RepairReport, at: Date) => void = () => undefined) {
    const { clock, log } = services;
    this.#services = services;
    this.#onEnded = onEnded;
    this.#runs = new MaintenanceRuns({ name: 'repair', did: 'repaired the vault', clock, log });
  }

  /** CONFLICT while one is running. */
  start(request: RepairRequest): void {
    const { vault, clock, log } = this.#services;
    const { dryRun } = request;
    this.#runs.start(dryRun, async (means) => {
      const report = await vault.repair({ ...request, ...means });
      const { packs, chunks, quarantined } = report;
      log.info({ dryRun, packs, chunks, quarantined }, 'repair ended');
      if (!dryRun) this.#onEnded(report, clock.now());
      return report;
    });
  }

  view(): RepairView {
    const seen = this.#runs.view();
    if (seen !== undefined) return { ...seen, report: seen.report === null ? null : reportOf(seen.report) };
    const none = { dryRun: false, beganAt: null, endedAt: null, progress: null, report: null, failure: null };
    return { state: 'never', ...none };
  }

  /** Ends the one that runs where it is; the next goes on. */
  async stop(): Promise<void> {
    await this.#runs.stop();
  }
}

function reportOf({ packs, chunks, items, sets, quarantined }: RepairReport): RepairView['report'] {
  return {
    packs: { ...packs },
    chunks: { ...chunks },
    items: items.map((item) => ({ ...item })),
    sets: sets.map((set) => ({
      ...set,
      trees: set.trees.map((tree) => ({ ...tree, paths: [...tree.paths] })),
    })),
    quarantined: [...quarantined],
  };
}
