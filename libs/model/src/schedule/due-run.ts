import { Occurrences } from './occurrences.ts';
import type { Schedule } from './schedule.ts';

/** A run that begins so much later than it was to is late, and not missed. */
export const LATE_MILLIS = 5 * 60_000;
/** A clock set back by less than this is waited for; by more, the schedule begins anew from where it is. */
const STEP_BACK_MILLIS = 3_600_000;
/** More missed runs than this are not told apart. */
export const MAX_MISSED = 1000;

export interface DueQuestion {
  readonly schedule: Schedule;
  /** Tells the jitter of clusters apart. */
  readonly seed: string;
  /** Up to which instant runs were begun or given up. */
  readonly settled: Date;
  readonly now: Date;
}

/** `missed`: runs whose time has passed and that nobody has begun. */
export type DueRun =
  /** Until `next`; undefined: for ever. */
  | { readonly kind: 'wait'; readonly next: Date | undefined; readonly missed: number }
  /** Begin a set now, for all up to `settled`. */
  | { readonly kind: 'run'; readonly settled: Date; readonly missed: number }
  /** Begin none, and go on from `settled`. */
  | { readonly kind: 'settle'; readonly settled: Date; readonly missed: number };

/**
 * What a schedule asks for now. However many runs were missed, one set makes up for them; it begins in a window only. The
 * clock may have jumped in either direction: a schedule never stands still because of it, nor begins two sets for one
 * instant unless the clock was set back by more than an hour.
 */
export function dueRun({ schedule, seed, settled, now }: DueQuestion): DueRun {
  if (settled.getTime() - now.getTime() > STEP_BACK_MILLIS)
    return { kind: 'settle', settled: now, missed: 0 };
  const occurrences = new Occurrences(schedule, seed);
  const { missed, last, next } = passed(occurrences, settled, now);
  const begins = next && occurrences.beginOf(next);
  if (next !== undefined && begins !== undefined && begins <= now && occurrences.isOpen(now))
    return { kind: 'run', settled: lastBegun(occurrences, next, now), missed };
  if (missed === 0) return { kind: 'wait', next: begins, missed };
  if (schedule.catchUp === false) return { kind: 'settle', settled: last, missed };
  if (occurrences.isOpen(now)) return { kind: 'run', settled: last, missed };
  return { kind: 'wait', next: earlier(begins, occurrences.nextOpening(now)), missed };
}

/** The next `count` runs, if nothing keeps them. */
export function nextRuns(schedule: Schedule, seed: string, after: Date, count: number): Date[] {
  const occurrences = new Occurrences(schedule, seed);
  const runs: Date[] = [];
  for (let next = occurrences.after(after); next && runs.length < count; next = occurrences.after(next))
    runs.push(occurrences.beginOf(next));
  return runs;
}

/** Runs whose time is over, the last of them, and the first that is not too late. */
function passed(occurrences: Occurrences, settled: Date, now: Date) {
  const isOver = (occurrence: Date): boolean =>
    occurrences.beginOf(occurrence).getTime() + LATE_MILLIS < now.getTime();
  let missed = 0;
  let last = settled;
  let next = occurrences.after(settled);
  while (next !== undefined && isOver(next)) {
    missed += 1;
    // A long absence: what matters is what comes now.
    last = missed < MAX_MISSED ? next : latest(next, now);
    next = occurrences.after(last);
  }
  return { missed, last, next };
}

/** What came due since is done by the same set. */
function lastBegun(occurrences: Occurrences, due: Date, now: Date): Date {
  const next = occurrences.after(due);
  return next !== undefined && occurrences.beginOf(next) <= now ? lastBegun(occurrences, next, now) : due;
}

function latest(occurrence: Date, now: Date): Date {
  return new Date(Math.max(occurrence.getTime(), now.getTime() - LATE_MILLIS));
}

function earlier(a: Date | undefined, b: Date): Date {
  return a !== undefined && a < b ? a : b;
}
