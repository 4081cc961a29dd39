import { describe, expect, it } from '@jest/globals';
import { Estimator } from './estimate.ts';

const at = (phase: string, bytesDone: number, bytesTotal: number | null = 10_000) => ({
  phase,
  bytesDone,
  bytesTotal,
});

describe('an estimate', () => {
  it('is silent until it has seen enough', () => {
    const estimator = new Estimator();
    estimator.observe(at('a', 0), 0);
    expect(estimator.observe(at('a', 1000), 1000)).toEqual({
      bytesPerSecond: undefined,
      remainingMillis: undefined,
    });
    expect(estimator.observe(at('a', 4000), 4000)).toEqual({ bytesPerSecond: 1000, remainingMillis: 6000 });
  });

  it('names no remaining time while the total is not known, or nothing moves', () => {
    const estimator = new Estimator();
    estimator.observe(at('a', 0, null), 0);
    expect(estimator.observe(at('a', 4000, null), 4000)).toEqual({
      bytesPerSecond: 1000,
      remainingMillis: undefined,
    });
    const still = new Estimator();
    still.observe(at('a', 5), 0);
    expect(still.observe(at('a', 5), 4000).remainingMillis).toBeUndefined();
  });

  it('begins anew with every phase', () => {
    const estimator = new Estimator();
    estimator.observe(at('a', 0), 0);
    estimator.observe(at('a', 4000), 4000);
    expect(estimator.observe(at('b', 4100), 4100).bytesPerSecond).toBeUndefined();
  });

  it('forgets what is long past', () => {
    const estimator = new Estimator();
    for (let second = 0; second <= 60; second += 1)
      estimator.observe(at('a', Math.min(second, 30) * 100), second * 1000);
    expect(estimator.observe(at('a', 3000), 61_000).bytesPerSecond).toBe(0);
  });
});
