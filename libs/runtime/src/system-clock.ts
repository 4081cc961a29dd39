import type { Clock } from '@lifeboat/kernel';

/** The real clock, for composition roots; everything else takes a Clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
};
