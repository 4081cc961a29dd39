import type { PruneView } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import { LifeboatError, toErrorReport, type ErrorReport } from '@lifeboat/kernel';
import type { PruneProgress, PruneReport } from '@lifeboat/vault';

interface Current {
  readonly dryRun: boolean;
  readonly beganAt: Date;
  readonly stopping: AbortController;
  progress: PruneProgress | null;
  endedAt: Date | null;
  report: PruneReport | null;
  failure: ErrorReport | null;
  ended: Promise<void>;
}

/** Runs prunes, one at a time, and tells of the last. */
export class PruneOperations {
  readonly #services: Services;
  readonly #graceSeconds: number;
  readonly #onEnded: (report: PruneReport, at: Date) => void;
  #current: Current | undefined;

  /** `onEnded` is told of every prune that went to its end and changed something or could have. */
  constructor(
    services: Services,
    graceSeconds: number,
    onEnded: (report: PruneReport, at: Date) => void = () => undefined,
  ) {
    this.#services = services;
    this.#graceSeconds = graceSeconds;
    this.#onEnded = onEnded;
  }

  /** CONFLICT while one is running. */
  start(options: { readonly dryRun: boolean; readonly allowLarge: boolean }): void {
    if (this.#current !== undefined && this.#current.endedAt === null) {
      throw new LifeboatError('CONFLICT', 'a prune is running already', {
        guidance: 'lifeboat vault prune --status shows how far it is.',
      });
    }
    const { clock } = this.#services;
    const current: Current = {
      dryRun: options.dryRun,
      beganAt: clock.now(),
      stopping: new AbortController(),
      progress: null,
      endedAt: null,
      report: null,
      failure: null,
      ended: Promise.resolve(),
    };
    current.ended = this.#run(current, options.allowLarge);
    this.#current = current;
  }

  async view(): Promise<PruneView> {
    const graceSeconds = this.#graceSeconds;
    if (this.#current !== undefined) return { ...viewOf(this.#current), graceSeconds };
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
    this.#current?.stopping.abort(
      new LifeboatError('INTERRUPTED', 'the server was stopped while it pruned', {
        guidance: 'Run it again: it goes on where it was.',
      }),
    );
    await this.#current?.ended;
  }

  /** Never rejects. */
  async #run(current: Current, allowLarge: boolean): Promise<void> {
    const { vault, clock, log } = this.#services;
    const { dryRun, stopping } = current;
    try {
      current.report = await vault.prune({
        dryRun,
        allowLarge,
        graceMillis: this.#graceSeconds * 1000,
        signal: stopping.signal,
        onProgress: (progress) => {
          current.progress = progress;
        },
      });
      log.info({ ...current.report }, 'prune ended');
      if (!dryRun) this.#onEnded(current.report, clock.now());
    } catch (error) {
      current.failure = toErrorReport(error);
      log.warn({ error: current.failure }, 'prune broke off');
    } finally {
      current.endedAt = clock.now();
    }
  }
}

function viewOf(current: Current): Omit<PruneView, 'graceSeconds'> {
  const { dryRun, beganAt, endedAt, report, failure, progress } = current;
  return {
    state: endedAt === null ? 'running' : failure === null ? 'done' : 'failed',
    dryRun,
    beganAt: beganAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    progress: endedAt === null && progress !== null ? { ...progress } : null,
    figures: report,
    failure: failure === null ? null : { ...failure },
  };
}
