import { describe, expect, it } from '@jest/globals';
import type { RetainableSet } from './judge-retention.ts';
import { isLargeDrop } from './large-drop.ts';
import { MAX_SIMULATED_RUNS, simulateRetention } from './simulate-retention.ts';

const now = new Date('2026-11-27T12:00:00Z');
const sets = [1, 2, 3].map((sequence): RetainableSet => {
  const at = new Date(now.getTime() - (4 - sequence) * 86_400_000);
  return {
    id: `set-${sequence}`,
    sequence,
    at,
    state: 'proved',
    guarantee: 'consistent',
    pin: null,
    usedBy: null,
  };
});

describe('a simulation of retention', () => {
  it('tells what goes now, and which day which set goes', () => {
    const schedule = { cron: '0 2 * * *' };
    const { now: verdicts, days } = simulateRetention({
      policy: { keepLast: 2 },
      schedule,
      sets,
      now,
      days: 3,
    });
    expect(verdicts.map(({ set, keep }) => [set, keep])).toEqual([
      ['set-3', true],
      ['set-2', true],
      ['set-1', false],
    ]);
    expect(days).toEqual([
      { day: '2026-11-28', taken: 1, dropped: ['set-2'], droppedTaken: 0, kept: 2 },
      { day: '2026-11-29', taken: 1, dropped: ['set-3'], droppedTaken: 0, kept: 2 },
      { day: '2026-11-30', taken: 1, dropped: [], droppedTaken: 1, kept: 2 },
    ]);
  });

  it('has no future without a schedule', () => {
    expect(
      simulateRetention({ policy: { daily: 1 }, schedule: undefined, sets, now, days: 30 }).days,
    ).toEqual([]);
  });

  it('refuses what would take too long', () => {
    const days = Math.ceil(MAX_SIMULATED_RUNS / 1440) + 1;
    const question = { policy: { keepLast: 1 }, schedule: { cron: '* * * * *' }, sets, now, days };
    expect(() => simulateRetention(question)).toThrow(/more than/);
  });

  it('calls what one new set cannot cause a large drop', () => {
    expect(isLargeDrop(6, 6)).toBe(false);
    expect(isLargeDrop(7, 100)).toBe(false);
    expect(isLargeDrop(7, 30)).toBe(true);
  });
});
