import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { movableClock, type MovableClock } from '@lifeboat/testkit';
import { Bandwidth } from './bandwidth.ts';

const NOON = new Date(2026, 5, 1, 12, 0, 0);

let clock: MovableClock;
let lifted: boolean;
let bandwidth: Bandwidth;
beforeEach(() => {
  clock = movableClock(NOON);
  lifted = false;
  bandwidth = new Bandwidth({
    schedule: { limit: Infinity, windows: [{ from: 8 * 60, to: 18 * 60, limit: 1000 }] },
    clock,
    isLifted: () => lifted,
    wait: async (millis) => {
      await setImmediate();
      clock.advance(millis);
    },
  });
});

function at(): number {
  return clock.monotonic();
}

it('gives bytes their turn in the order in which they were asked for, however large each is', async () => {
  const went: [string, number][] = [];
  const asked = (['large', 'small', 'last'] as const).map(async (name, index) => {
    await bandwidth.take([2000, 1, 1][index]!);
    went.push([name, at()]);
  });
  await Promise.all(asked);
  expect(went).toEqual([
    ['large', 500],
    ['small', 2001],
    ['last', 2002],
  ]);
  expect(bandwidth.waitedBytes).toBe(2002);
});

it('takes up what the clock on the wall says while something waits', async () => {
  clock.setWall(new Date(2026, 5, 1, 17, 59, 59));
  await bandwidth.take(1000);
  await bandwidth.take(1_000_000_000);
  expect(at()).toBeLessThanOrEqual(1250);
  expect(bandwidth.rate).toBe(Infinity);
});

it('does not hold anything back while it is lifted', async () => {
  await bandwidth.take(500);
  lifted = true;
  expect(bandwidth.take(1_000_000_000)).toBeUndefined();
  lifted = false;
  expect(bandwidth.take(500)).toBeInstanceOf(Promise);
});
