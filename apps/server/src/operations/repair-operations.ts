import type { RepairView } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import { LifeboatError, toErrorReport, type ErrorReport } from '@lifeboat/kernel';
import type { RepairProgress, RepairReport } from '@lifeboat/vault';

export interface RepairRequest {
  readonly dryRun: boolean;
  readonly readData: boolean;
  readonly allowLarge: boolean;
}

interface Current {
  readonly dryRun: boolean;
  readonly beganAt: Date;
  readonly stopping: AbortController;
  progress: RepairProgress | null;
  endedAt: Date | null;
  report: RepairReport | null;
  failure: ErrorReport | null;
  ended: Promise<void>;
}

/** Runs repairs, one at a time, and tells of the last. */
export class RepairOperations {
  readonly #services: Services;
  readonly #onEnded: (report: RepairReport, at: Date) => void;
  #current: Current | undefined;

  /** `onEnded` is told of every repair that went to its end and could have changed something. */
  constructor(services: Services, onEnded: (report: RepairReport, at: Date) => void = () => undefined) {
    this.#services = services;
    this.#onEnded = onEnded;
  }

  /** CONFLICT while one is running. */
  start(request: RepairRequest): void {
    if (this.#current !== undefined && this.#current.endedAt === null) {
      throw new LifeboatError('CONFLICT', 'a repair is running already', {
        guidance: 'lifeboat vault repair --status shows how far it is.',
      });
    }
    const current: Current = {
      dryRun: request.dryRun,
      beganAt: this.#services.clock.now(),
      stopping: new AbortController(),
      progress: null,
      endedAt: null,
      report: null,
      failure: null,
      ended: Promise.resolve(),
    };
    current.ended = this.#run(current, request);
    this.#current = current;
  }

  view(): RepairView {
    if (this.#current !== undefined) return viewOf(this.#current);
    const none = { dryRun: false, beganAt: null, endedAt: null, progress: null, report: null, failure: null };
    return { state: 'never', ...none };
  }

  /** Ends the one that runs where it is; the next goes on. */
  async stop(): Promise<void> {
    this.#current?.stopping.abort(
      new LifeboatError('INTERRUPTED', 'the server was stopped while it repaired the vault', {
        guidance: 'Run it again: it goes on where it was.',
      }),
    );
    await this.#current?.ended;
  }

  /** Never rejects. */
  async #run(current: Current, request: RepairRequest): Promise<void> {
    const { vault, clock, log } = this.#services;
    try {
      current.report = await vault.repair({
        ...request,
        signal: current.stopping.signal,
        onProgress: (progress) => {
          current.progress = progress;
        },
      });
      const { packs, chunks, quarantined } = current.report;
      log.info({ dryRun: request.dryRun, packs, chunks, quarantined }, 'repair ended');
      if (!request.dryRun) this.#onEnded(current.report, clock.now());
    } catch (error) {
      current.failure = toErrorReport(error);
      log.warn({ error: current.failure }, 'repair broke off');
    } finally {
      current.endedAt = clock.now();
    }
  }
}

function viewOf({ dryRun, beganAt, endedAt, report, failure, progress }: Current): RepairView {
  return {
    state: endedAt === null ? 'running' : failure === null ? 'done' : 'failed',
    dryRun,
    beganAt: beganAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    progress: endedAt === null && progress !== null ? { ...progress } : null,
    report: report === null ? null : reportOf(report),
    failure: failure === null ? null : { ...failure },
  };
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
