import { LifeboatError } from '@lifeboat/kernel';
import { Occurrences } from '../schedule/occurrences.ts';
import { DEFAULT_TIME_ZONE, type Schedule } from '../schedule/schedule.ts';
import { judgeRetention, type RetainableSet, type RetentionVerdict } from './judge-retention.ts';
import { periodOf } from './period-of.ts';
import type { RetentionPolicy } from './retention-policy.ts';

const DAY_MILLIS = 86_400_000;
/** A year of hourly sets; more takes too long to answer in a request. */
export const MAX_SIMULATED_RUNS = 9000;

export interface SimulatedDay {
  /** In the policy's time zone. */
  readonly day: string;
  /** Sets that the schedule takes, each taken to be consistent. */
  readonly taken: number;
  /** Sets there are now that the policy lets go of. */
  readonly dropped: readonly string[];
  /** Sets of the simulation itself that it lets go of. */
  readonly droppedTaken: number;
  /** Sets that are kept at its end. */
  readonly kept: number;
}

export interface RetentionSimulation {
  readonly now: readonly RetentionVerdict[];
  /** Days on which something happens. */
  readonly days: readonly SimulatedDay[];
}

export interface SimulationQuestion {
  readonly policy: RetentionPolicy;
  readonly schedule: Schedule | undefined;
  readonly sets: readonly RetainableSet[];
  readonly now: Date;
  readonly days: number;
}

/** What a policy keeps now and while a schedule goes on for so many days. @throws USAGE when that are too many runs */
export function simulateRetention({
  policy,
  schedule,
  sets,
  now,
  days,
}: SimulationQuestion): RetentionSimulation {
  const verdicts = judgeRetention(policy, sets, now);
  const future = new FutureSets(policy, sets, verdicts);
  const end = new Date(now.getTime() + days * DAY_MILLIS);
  for (const at of schedule === undefined ? [] : runsBetween(schedule, now, end)) future.take(at);
  return { now: verdicts, days: future.days };
}

function runsBetween(schedule: Schedule, now: Date, end: Date): Date[] {
  const occurrences = new Occurrences(schedule, '');
  const runs: Date[] = [];
  for (let next = occurrences.after(now); next && next <= end; next = occurrences.after(next)) {
    if (runs.length === MAX_SIMULATED_RUNS) {
      throw new LifeboatError(
        'USAGE',
        `this schedule takes more than ${MAX_SIMULATED_RUNS} sets in that time`,
        {
          guidance: 'Simulate fewer days.',
        },
      );
    }
    runs.push(next);
  }
  return runs;
}

/** The sets there will be. */
class FutureSets {
  readonly #policy: RetentionPolicy;
  readonly #known: ReadonlySet<string>;
  readonly #days = new Map<string, SimulatedDay>();
  #sets: RetainableSet[];
  #next: number;

  constructor(
    policy: RetentionPolicy,
    sets: readonly RetainableSet[],
    verdicts: readonly RetentionVerdict[],
  ) {
    const kept = new Set(verdicts.filter(({ keep }) => keep).map(({ set }) => set));
    this.#policy = policy;
    this.#known = new Set(sets.map(({ id }) => id));
    this.#sets = sets.filter(({ id }) => kept.has(id));
    this.#next = Math.max(0, ...sets.map(({ sequence }) => sequence)) + 1;
  }

  get days(): SimulatedDay[] {
    return [...this.#days.values()];
  }

  take(at: Date): void {
    const sequence = this.#next++;
    const id = `run of ${at.toISOString()}`;
    this.#sets.push({ id, sequence, at, state: 'proved', guarantee: 'consistent', pin: null, usedBy: null });
    const verdicts = judgeRetention(this.#policy, this.#sets, at);
    const dropped = new Set(verdicts.filter(({ keep }) => !keep).map(({ set }) => set));
    this.#sets = this.#sets.filter((set) => !dropped.has(set.id));
    this.#record(at, [...dropped]);
  }

  #record(at: Date, dropped: readonly string[]): void {
    const day = periodOf('daily', at, this.#policy.timeZone ?? DEFAULT_TIME_ZONE);
    const before = this.#days.get(day) ?? { day, taken: 0, dropped: [], droppedTaken: 0 };
    const known = dropped.filter((id) => this.#known.has(id));
    this.#days.set(day, {
      day,
      taken: before.taken + 1,
      dropped: [...before.dropped, ...known],
      droppedTaken: before.droppedTaken + dropped.length - known.length,
      kept: this.#sets.length,
    });
  }
}
