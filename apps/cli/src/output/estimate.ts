import type { Progress } from '@lifeboat/console-api';

/** Rates are taken over this window: long enough to be calm, short enough to notice a change. */
const WINDOW_MILLIS = 20_000;
/** Below this much observation any estimate would be a guess. */
const LEAST_MILLIS = 3_000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export interface Estimate {
  readonly bytesPerSecond: number | undefined;
  /** Undefined while total or rate are not known: no number is better than an invented one. */
  readonly remainingMillis: number | undefined;
}

/** Speed and remaining time of one phase after the other, from what was observed. */
export class Estimator {
  #phase = '';
  #samples: Sample[] = [];

  /** @param at milliseconds of a clock that never jumps */
  observe(progress: Progress, at: number): Estimate {
    if (progress.phase !== this.#phase || progress.bytesDone < (this.#samples.at(-1)?.bytes ?? 0)) {
      this.#phase = progress.phase;
      this.#samples = [];
    }
    this.#samples.push({ at, bytes: progress.bytesDone });
    this.#samples = this.#samples.filter((sample) => at - sample.at <= WINDOW_MILLIS);
    const bytesPerSecond = this.#rate(at);
    const remaining =
      progress.bytesTotal === null ? undefined : Math.max(0, progress.bytesTotal - progress.bytesDone);
    return {
      bytesPerSecond,
      remainingMillis:
        remaining === undefined || !bytesPerSecond ? undefined : (remaining / bytesPerSecond) * 1000,
    };
  }

  #rate(at: number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || at - first.at < LEAST_MILLIS) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (at - first.at);
  }
}
