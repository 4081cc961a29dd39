import type { Clock } from '@lifeboat/kernel';

export interface MovableClock extends Clock {
  advance(milliseconds: number): void;
  /** Sets the wall clock, as an administrator or NTP would; the monotonic one does not move. */
  setWall(now: Date): void;
}

/** A clock that stands still until it is moved. */
export function movableClock(start: Date = new Date('2026-01-01T00:00:00Z')): MovableClock {
  let wall = start.getTime();
  let monotonic = 0;
  return {
    now: () => new Date(wall),
    monotonic: () => monotonic,
    advance(milliseconds) {
      wall += milliseconds;
      monotonic += milliseconds;
    },
    setWall(now) {
      wall = now.getTime();
    },
  };
}
