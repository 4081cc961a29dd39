import type { ClusterRow, ScheduleRow } from '@lifeboat/catalog';
import type { ScheduleView } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import { toErrorReport, toLifeboatError, type ClusterId } from '@lifeboat/kernel';
import { dueRun, nextRuns, type Schedule } from '@lifeboat/model';
import { sleep } from '@lifeboat/runtime';

import type { RetentionOperations } from './retention-operations.ts';
import type { SetOperations } from './set-operations.ts';

/** Between two looks at all clusters. A clock that jumps is noticed so much later. */
const PAUSE_MILLIS = 10_000;
const PRINCIPAL = 'schedule';
const SHOWN_RUNS = 5;

export interface ScheduleGauges {
  /** Undefined: nothing is planned. */
  nextRun(cluster: string, at: Date | undefined): void;
  missed(cluster: string, runs: number): void;
}

/** Begins sets when their schedules say so, and has retention look after what is kept, for as long as the server runs. */
export class ScheduleOperations {
  readonly #services: Services;
  readonly #sets: Pick<SetOperations, 'start'>;
  readonly #retention: Pick<RetentionOperations, 'pass'>;
  readonly #gauges: ScheduleGauges;
  readonly #stopping = new AbortController();
  /** Why the run that is due could not begin. */
  readonly #problems = new Map<ClusterId, string>();
  #running: Promise<void> = Promise.resolve();

  constructor(
    services: Services,
    sets: Pick<SetOperations, 'start'>,
    retention: Pick<RetentionOperations, 'pass'>,
    gauges: ScheduleGauges,
  ) {
    this.#services = services;
    this.#sets = sets;
    this.#retention = retention;
    this.#gauges = gauges;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** One look at every cluster. Never rejects. */
  async look(): Promise<void> {
    const { catalog, log } = this.#services;
    try {
      for (const cluster of await catalog.clusters.list()) {
        await this.#lookAt(cluster);
        await this.#retention.pass(cluster.id, { allowLarge: false });
      }
    } catch (error) {
      log.warn({ error: toErrorReport(error) }, 'schedules put off');
    }
  }

  async view({ id, name, definition }: ClusterRow): Promise<ScheduleView> {
    const { catalog, clock } = this.#services;
    const { schedule } = definition;
    const now = clock.now();
    const row = await catalog.schedules.get(id);
    const settled = row?.settledAt ?? now;
    const due = schedule && dueRun({ schedule, seed: id, settled, now });
    const good = (await catalog.retention.sets(id)).find(({ guarantee }) => guarantee !== 'incomplete');
    const { beganAt = null, beganSet = null, missed = 0 } = row ?? {};
    return {
      cluster: name,
      schedule: (schedule ?? null) as ScheduleView['schedule'],
      nextRuns: schedule ? runsAfter(schedule, id, settled, now) : [],
      overdue: due !== undefined && (due.kind === 'run' || due.missed > 0),
      lastRun: beganAt && beganSet ? { at: beganAt.toISOString(), set: beganSet } : null,
      missedRuns: missed,
      lastGoodSet: good?.at.toISOString() ?? null,
      problem: this.#problems.get(id) ?? null,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.look();
      await sleep(PAUSE_MILLIS, signal).catch(() => undefined);
    }
  }

  async #lookAt(cluster: ClusterRow): Promise<void> {
    const { catalog, clock } = this.#services;
    const { schedule } = cluster.definition;
    if (schedule === undefined) {
      this.#problems.delete(cluster.id);
      return this.#gauges.nextRun(cluster.name, undefined);
    }
    const now = clock.now();
    const row = (await catalog.schedules.get(cluster.id)) ?? (await this.#begin(cluster.id, now));
    const due = dueRun({ schedule, seed: cluster.id, settled: row.settledAt, now });
    if (due.kind === 'wait') return this.#gauges.nextRun(cluster.name, due.next);
    this.#gauges.nextRun(cluster.name, now);
    const began = due.kind === 'run' ? await this.#beginSet(cluster) : undefined;
    if (due.kind === 'run' && began === undefined) return;
    await catalog.schedules.settle(cluster.id, due.settled, due.missed, began);
    if (due.missed === 0) return;
    this.#gauges.missed(cluster.name, due.missed);
    this.#services.log.warn(
      { cluster: cluster.name, missed: due.missed, began: began?.set },
      'runs were missed',
    );
  }

  /** Of a cluster that a reindex brought back. */
  async #begin(cluster: ClusterId, at: Date): Promise<Pick<ScheduleRow, 'settledAt'>> {
    await this.#services.catalog.schedules.begin(cluster, at);
    return { settledAt: at };
  }

  /** Undefined while the cluster is busy: the next look tries again. */
  async #beginSet(cluster: ClusterRow) {
    const { catalog, clock } = this.#services;
    try {
      const { id: set } = await this.#sets.start(cluster, PRINCIPAL);
      this.#problems.delete(cluster.id);
      await catalog.audit.append({
        principal: PRINCIPAL,
        action: 'startSet',
        cluster: cluster.id,
        subject: set,
        outcome: 'done',
      });
      return { at: clock.now(), set };
    } catch (thrown) {
      const { code, message } = toLifeboatError(thrown);
      if (code !== 'SET_RUNNING' && code !== 'RESTORE_RUNNING') throw thrown;
      this.#problems.set(cluster.id, message);
      return undefined;
    }
  }
}

function runsAfter(schedule: Schedule, seed: string, settled: Date, now: Date): string[] {
  const after = settled > now ? settled : now;
  return nextRuns(schedule, seed, after, SHOWN_RUNS).map((at) => at.toISOString());
}
