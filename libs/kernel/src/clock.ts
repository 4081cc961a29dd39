/** Time comes in through this door, so that tests can move it. */
export interface Clock {
  /** Wall clock: for people and certificates, never for order. */
  now(): Date;
  /** Milliseconds of a clock that never jumps: for durations and deadlines. */
  monotonic(): number;
}
