import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isOpen, nextOpening, parseWindow } from './window.ts';

const open = (text: string, at: string, timeZone = 'UTC') =>
  isOpen([parseWindow(text)], timeZone, new Date(at));

describe('a window', () => {
  it('is open from its first minute to before its last', () => {
    expect(
      ['21:59', '22:00', '23:29', '23:30'].map((time) => open('22:00-23:30', `2026-11-27T${time}Z`)),
    ).toEqual([false, true, true, false]);
  });

  it('that passes midnight belongs to the day on which it opens', () => {
    // 27 November 2026 is a Friday.
    expect(open('fri 22:00-06:00', '2026-11-28T05:59Z')).toBe(true);
    expect(open('fri 22:00-06:00', '2026-11-28T06:00Z')).toBe(false);
    expect(open('fri 22:00-06:00', '2026-11-27T05:00Z')).toBe(false);
    expect(open('sun 22:00-06:00', '2026-11-30T01:00Z')).toBe(true);
  });

  it('is read in its time zone', () => {
    expect(open('22:00-23:00', '2026-11-27T21:30Z', 'Europe/Berlin')).toBe(true);
    expect(open('22:00-23:00', '2026-11-27T22:30Z', 'Europe/Berlin')).toBe(false);
  });

  it('takes lists and runs of days, across Sunday too', () => {
    const days = (text: string) => [...parseWindow(`${text} 00:00-24:00`).days].sort();
    expect([days('mon-wed'), days('sat,sun'), days('fri-mon')]).toEqual([
      [1, 2, 3],
      [6, 7],
      [1, 5, 6, 7],
    ]);
  });

  it.each([
    '',
    '22-06',
    '22:00-22:00',
    '24:00-06:00',
    '22:00-24:01',
    'someday 22:00-23:00',
    'mon-tue-wed 1:00-2:00',
    'mon  01:00-02:00',
  ])('is refused when it is %j', (text) => {
    expect(() => parseWindow(text)).toThrow(/is not a window/);
  });

  it('opens next at the first instant that is open, whatever the window and zone', () => {
    const time = fc.integer({ min: 0, max: 95 }).map((quarter) => quarter * 15);
    const clock = (minutes: number) =>
      `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    const texts = fc
      .tuple(fc.constantFrom('', 'mon ', 'sat,sun ', 'tue-thu '), time, time)
      .filter(([, from, to]) => from !== to)
      .map(([days, from, to]) => `${days}${clock(from)}-${clock(to)}`);
    // Without changes to summer time near by: an hour that is left out may be a window's whole.
    const quarters = fc.integer({ min: 0, max: 4 * 24 * 60 });
    fc.assert(
      fc.property(
        texts,
        quarters,
        fc.constantFrom('UTC', 'Asia/Tokyo', 'Europe/Berlin'),
        (text, quarter, zone) => {
          const windows = [parseWindow(text)];
          const step = 15 * 60_000;
          const at = new Date(Date.parse('2026-06-01T00:00Z') + quarter * step);
          let first = at.getTime();
          while (!isOpen(windows, zone, new Date(first))) first += step;
          expect(nextOpening(windows, zone, at)).toEqual(new Date(first));
        },
      ),
    );
  });
});
