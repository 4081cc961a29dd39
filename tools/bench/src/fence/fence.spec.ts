import { describe, expect, it } from '@jest/globals';

import { phasesOf } from './phases.ts';
import { summaryOf, type FencedSet } from './summary.ts';

describe('phasesOf', () => {
  it('takes the fenced effects of the one set, in order', () => {
    const line = (set: string, msg: string, millis?: number) => JSON.stringify({ set, msg, millis });
    const log = [
      line('s1', 'precopy', 9),
      line('s1', 'hold-and-round', 5),
      line('s2', 'pin', 7),
      line('s1', 'state changed'),
      line('s1', 'pin', 1),
      'not of a set',
    ].join('\n');
    expect(phasesOf(log, 's1')).toEqual([
      { effect: 'hold-and-round', millis: 5 },
      { effect: 'pin', millis: 1 },
    ]);
  });
});

describe('summaryOf', () => {
  const set = (fenceMillis: number, facts: Partial<FencedSet> = {}): FencedSet => ({
    guarantee: 'consistent',
    fenceMillis,
    pins: 1,
    rows: 10,
    missing: 0,
    phases: [],
    ...facts,
  });

  it('says the median, the 95th percentile and the maximum, whatever order the sets came in', () => {
    const sets = Array.from({ length: 20 }, (_, index) => set(100 * (20 - index)));
    const { text, clean } = summaryOf(sets, 50);
    expect(clean).toBe(true);
    expect(text).toContain('median 1000 ms, 95 % 1900 ms, max 2000 ms');
  });

  it('is not clean when a single set is not consistent', () => {
    const { text, clean } = summaryOf([set(1), set(2, { guarantee: 'incomplete', missing: 3, pins: 4 })], 50);
    expect(clean).toBe(false);
    expect(text).toContain('1 of 2 sets consistent, 3 missing in all, at most 4 pins');
  });
});
