import { LifeboatError, toErrorReport, type Clock, type ErrorReport, type Log } from '@lifeboat/kernel';

export interface MaintenanceRunsOptions {
  /** What people call one: `prune`, as in `lifeboat vault prune`. */
  readonly name: string;
  /** What the server did when it was stopped amid one: `pruned`. */
  readonly did: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunMeans<Progress> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface RunView<Progress, Report> {
  readonly state: 'running' | 'done' | 'failed';
  readonly dryRun: boolean;
  readonly beganAt: string;
  readonly endedAt: string | null;
  /** Null once it has ended. */
  readonly progress: Progress | null;
  readonly report: Report | null;
  readonly failure: ErrorReport | null;
}

interface Current<Progress, Report> {
  readonly dryRun: boolean;
  readonly beganAt: Date;
  readonly stopping: AbortController;
  progress: Progress | null;
  endedAt: Date | null;
  report: Report | null;
  failure: ErrorReport | null;
  ended: Promise<void>;
}

/** Long work on the vault that an administrator begins: one at a time, and what became of the last. */
export class MaintenanceRuns<Progress extends object, Report> {
  readonly #options: MaintenanceRunsOptions;
  #current: Current<Progress, Report> | undefined;

  constructor(options: MaintenanceRunsOptions) {
    this.#options = options;
  }

  /** CONFLICT while one is running. */
  start(dryRun: boolean, work: (means: RunMeans<Progress>) => Promise<Report>): void {
    const { name, clock } = this.#options;
    if (this.#current !== undefined && this.#current.endedAt === null) {
      throw new LifeboatError('CONFLICT', `a ${name} is running already`, {
        guidance: `lifeboat vault ${name} --status shows how far it is.`,
      });
    }
    const current: Current<Progress, Report> = {
      dryRun,
      beganAt: clock.now(),
      stopping: new AbortController(),
      progress: null,
      endedAt: null,
      report: null,
      failure: null,
      ended: Promise.resolve(),
    };
    current.ended = this.#run(current, work);
    this.#current = current;
  }

  /** Undefined: none was begun since the server started. */
  view(): RunView<Progress, Report> | undefined {
    if (this.#current === undefined) return undefined;
    const { dryRun, beganAt, endedAt, report, failure, progress } = this.#current;
    return {
      state: endedAt === null ? 'running' : failure === null ? 'done' : 'failed',
      dryRun,
      beganAt: beganAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
      progress: endedAt === null && progress !== null ? { ...progress } : null,
      report,
      failure: failure === null ? null : { ...failure },
    };
  }

  /** Ends the one that runs where it is; the next goes on. */
  async stop(): Promise<void> {
    this.#current?.stopping.abort(
      new LifeboatError('INTERRUPTED', `the server was stopped while it ${this.#options.did}`, {
        guidance: 'Run it again: it goes on where it was.',
      }),
    );
    await this.#current?.ended;
  }

  /** Never rejects. */
  async #run(
    current: Current<Progress, Report>,
    work: (means: RunMeans<Progress>) => Promise<Report>,
  ): Promise<void> {
    const { name, clock, log } = this.#options;
    try {
      current.report = await work({
        signal: current.stopping.signal,
        onProgress: (progress) => {
          current.progress = progress;
        },
      });
    } catch (error) {
      current.failure = toErrorReport(error);
      log.warn({ error: current.failure }, `${name} broke off`);
    } finally {
      current.endedAt = clock.now();
    }
  }
}
