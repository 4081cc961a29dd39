import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minuteOfDay, rateAt, type RateSchedule } from './rate-schedule.ts';

const EIGHT = 8 * 60;
const SIX_PM = 18 * 60;
const OFFICE: RateSchedule = { limit: 20, windows: [{ from: EIGHT, to: SIX_PM, limit: 5 }] };
const NIGHT: RateSchedule = { limit: 5, windows: [{ from: SIX_PM, to: EIGHT, limit: Infinity }] };

describe('the rate at a minute of the day', () => {
  it.each([
    [EIGHT - 1, 20],
    [EIGHT, 5],
    [SIX_PM - 1, 5],
    [SIX_PM, 20],
  ])('changes with the first minute of a window, and with the one behind it: %d', (minute, rate) => {
    expect(rateAt(OFFICE, minute)).toBe(rate);
  });

  it.each([
    [SIX_PM - 1, 5],
    [SIX_PM, Infinity],
    [24 * 60 - 1, Infinity],
    [0, Infinity],
    [EIGHT - 1, Infinity],
    [EIGHT, 5],
  ])('goes across midnight where a window does: %d', (minute, rate) => {
    expect(rateAt(NIGHT, minute)).toBe(rate);
  });

  it('is that of the first of two windows', () => {
    const windows = [{ from: 540, to: 600, limit: 1 }, ...OFFICE.windows];
    expect([rateAt({ limit: 20, windows }, 540), rateAt({ limit: 20, windows }, 600)]).toEqual([1, 5]);
  });

  it('is the same for a window and for the rest of the day beside it', () => {
    const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
    fc.assert(
      fc.property(minute, minute, minute, (from, to, at) => {
        fc.pre(from !== to);
        const inside = rateAt({ limit: 1, windows: [{ from, to, limit: 2 }] }, at);
        const outside = rateAt({ limit: 2, windows: [{ from: to, to: from, limit: 1 }] }, at);
        expect(inside).toBe(outside);
      }),
    );
  });

  it('is read off the local clock', () => {
    expect(minuteOfDay(new Date(2026, 5, 1, 13, 7, 59))).toBe(13 * 60 + 7);
  });
});
