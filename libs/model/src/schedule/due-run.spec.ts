import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dueRun, LATE_MILLIS, MAX_MISSED, nextRuns, type DueRun } from './due-run.ts';
import { assertSchedule } from './occurrences.ts';
import type { Schedule } from './schedule.ts';

const HOUR = 3_600_000;
const nightly: Schedule = { cron: '0 2 * * *' };
const due = (schedule: Schedule, settled: string, now: string): DueRun =>
  dueRun({ schedule, seed: 'cluster', settled: new Date(settled), now: new Date(now) });

describe('a schedule', () => {
  it('waits for its instant, and begins a set then', () => {
    const next = new Date('2026-11-28T02:00Z');
    expect(due(nightly, '2026-11-27T12:00Z', '2026-11-28T01:59Z')).toEqual({ kind: 'wait', next, missed: 0 });
    expect(due(nightly, '2026-11-27T12:00Z', '2026-11-28T02:00Z')).toEqual({
      kind: 'run',
      settled: next,
      missed: 0,
    });
    expect(due(nightly, '2026-11-28T02:00Z', '2026-11-28T02:00Z')).toMatchObject({ kind: 'wait' });
  });

  it('is read in its time zone, over both changes of the clocks', () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    const runs = (after: string) =>
      nextRuns(berlin, '', new Date(after), 3).map((at) => at.toISOString().slice(0, 16));
    // 02:30 does not exist on 29 March, and comes twice on 25 October.
    expect(runs('2026-03-28T00:00Z')).toEqual(['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']);
    expect(runs('2026-10-24T00:00Z')).toEqual(['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']);
  });

  it('makes up with one set for all runs that were missed', () => {
    const settled = new Date('2026-11-27T02:00Z');
    expect(due(nightly, '2026-11-23T12:00Z', '2026-11-27T09:00Z')).toEqual({
      kind: 'run',
      settled,
      missed: 4,
    });
  });

  it('gives missed runs up where it is told so', () => {
    const settled = new Date('2026-11-27T02:00Z');
    const schedule = { ...nightly, catchUp: false };
    expect(due(schedule, '2026-11-23T12:00Z', '2026-11-27T09:00Z')).toEqual({
      kind: 'settle',
      settled,
      missed: 4,
    });
    // A little late is not missed.
    expect(due(schedule, '2026-11-26T12:00Z', '2026-11-27T02:04Z')).toEqual({
      kind: 'run',
      settled,
      missed: 0,
    });
  });

  it('begins one set for what came due while another ran', () => {
    const run = due({ cron: '* * * * *' }, '2026-11-27T12:00Z', '2026-11-27T12:03:30Z');
    expect(run).toEqual({ kind: 'run', settled: new Date('2026-11-27T12:03Z'), missed: 0 });
  });

  it('names instants in its windows only, and makes up for missed ones in them', () => {
    const windowed = { cron: '0 * * * *', windows: ['22:00-02:00'] };
    expect(nextRuns(windowed, '', new Date('2026-11-27T12:00Z'), 5).map((at) => at.getUTCHours())).toEqual([
      22, 23, 0, 1, 22,
    ]);
    const later = due(windowed, '2026-11-26T22:00Z', '2026-11-27T12:00Z');
    expect(later).toEqual({ kind: 'wait', next: new Date('2026-11-27T22:00Z'), missed: 3 });
    const opened = due({ ...windowed, cron: '30 1 * * *' }, '2026-11-26T22:00Z', '2026-11-27T22:00Z');
    expect(opened).toEqual({ kind: 'run', settled: new Date('2026-11-27T01:30Z'), missed: 1 });
  });

  it('spreads clusters over its jitter, each the same at every look, and never out of the window', () => {
    const schedule = { ...nightly, jitterSeconds: 3600 };
    const begins = (seed: string, of: Schedule = schedule) =>
      nextRuns(of, seed, new Date('2026-11-27T12:00Z'), 1)[0]!;
    const all = Array.from({ length: 50 }, (_, n) => begins(`cluster-${n}`).getTime());
    expect(new Set(all).size).toBeGreaterThan(40);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(Date.parse('2026-11-28T02:00Z'));
    expect(Math.max(...all)).toBeLessThan(Date.parse('2026-11-28T03:00Z'));
    expect(begins('cluster-1')).toEqual(begins('cluster-1'));
    const narrow = { ...schedule, windows: ['02:00-02:01'] };
    expect(begins('cluster-1', narrow)).toEqual(new Date('2026-11-28T02:00Z'));
    const early = dueRun({
      schedule,
      seed: 'cluster-1',
      settled: new Date('2026-11-27T12:00Z'),
      now: new Date('2026-11-28T02:00Z'),
    });
    expect(early).toMatchObject({ kind: 'wait', next: begins('cluster-1') });
  });

  it('does not stand still when a clock that was far ahead is put right', () => {
    expect(due(nightly, '2027-11-27T02:00Z', '2026-11-27T12:00Z')).toEqual({
      kind: 'settle',
      settled: new Date('2026-11-27T12:00Z'),
      missed: 0,
    });
    // And begins no second set after a small step.
    expect(due(nightly, '2026-11-27T02:00Z', '2026-11-27T01:58Z')).toMatchObject({
      kind: 'wait',
      next: new Date('2026-11-28T02:00Z'),
    });
  });

  it('begins one set when the clock jumps years ahead, and does not count for long', () => {
    const run = due({ cron: '*/5 * * * *' }, '2026-11-27T12:00Z', '2031-11-27T12:03Z');
    expect(run).toMatchObject({ kind: 'run', missed: MAX_MISSED });
    expect(
      due({ cron: '*/5 * * * *' }, (run as { settled: Date }).settled.toISOString(), '2031-11-27T12:03Z')
        .kind,
    ).toBe('wait');
  });

  it('is refused when it cannot be read or never begins a set', () => {
    const refused = (schedule: Schedule) => () => assertSchedule(schedule, new Date('2026-11-27T12:00Z'));
    expect(refused({ cron: '61 * * * *' })).toThrow(/not a cron line/);
    expect(refused({ cron: '* * * * * *' })).toThrow(/not a cron line/);
    expect(refused({ cron: '0 0 30 2 *' })).toThrow(/never begins/);
    expect(refused({ cron: '0 12 * * *', windows: ['22:00-06:00'] })).toThrow(/never begins/);
    expect(refused({ cron: '0 23 * * *', windows: ['22:00-06:00'] })).not.toThrow();
  });

  it('driven by looks at any times, runs once for each instant it was not away for', () => {
    const minutes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 });
    const schedules = fc.record({
      cron: fc.constantFrom('0 * * * *', '*/20 * * * *', '15 3 * * *'),
      jitterSeconds: fc.constantFrom(0, 600),
    });
    fc.assert(
      fc.property(schedules, minutes, (schedule, steps) => {
        let now = new Date('2026-06-01T00:00Z');
        let settled = now;
        for (const step of steps) {
          now = new Date(now.getTime() + step * 60_000);
          const answer = dueRun({ schedule, seed: 's', settled, now });
          if (answer.kind === 'wait') {
            expect(answer.next!.getTime()).toBeGreaterThan(now.getTime());
            continue;
          }
          // Nothing is settled twice, and nothing that is still to come.
          expect(answer.settled.getTime()).toBeGreaterThan(settled.getTime());
          expect(answer.settled.getTime()).toBeLessThanOrEqual(now.getTime());
          settled = answer.settled;
          const again = dueRun({ schedule, seed: 's', settled, now });
          expect(again).toMatchObject({ kind: 'wait', missed: 0 });
        }
        // Whoever looks often enough misses nothing.
        const [next] = nextRuns(schedule, 's', now, 1);
        const inTime = new Date(next!.getTime() + LATE_MILLIS);
        if (inTime.getTime() - settled.getTime() < HOUR)
          expect(dueRun({ schedule, seed: 's', settled: now, now: inTime })).toMatchObject({
            kind: 'run',
            missed: 0,
          });
      }),
    );
  });
});
