import type { Measured } from '../contender.ts';

/** All runs of one contender in one work. */
export interface Summary {
  readonly runs: number;
  /** Milliseconds on the wall: median, shortest, longest. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Highest of all runs: what has to be there. */
  readonly resident: Readonly<Record<string, number>>;
  /** Medians, like the rest. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly stored?: number;
  readonly wire?: number;
  readonly figures?: Readonly<Record<string, number>>;
}

export function summarize(measured: readonly Measured[]): Summary {
  const millis = measured.map((one) => one.millis);
  const stored = medianOf(measured, (one) => one.stored);
  const wire = medianOf(measured, (one) => one.wire);
  const figures = byName(
    measured.map((one) => one.figures ?? {}),
    median,
  );
  return {
    runs: measured.length,
    median: median(millis),
    min: Math.min(...millis),
    max: Math.max(...millis),
    resident: byName(
      measured.map((one) => one.resident),
      (values) => Math.max(...values),
    ),
    cpu: byName(
      measured.map((one) => one.cpu),
      median,
    ),
    ...(stored !== undefined && { stored }),
    ...(wire !== undefined && { wire }),
    ...(Object.keys(figures).length > 0 && { figures }),
  };
}

/** Of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing has no median');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medianOf(
  measured: readonly Measured[],
  value: (one: Measured) => number | undefined,
): number | undefined {
  const values = measured.map(value).filter((one) => one !== undefined);
  return values.length === 0 ? undefined : median(values);
}

function byName(
  records: readonly Readonly<Record<string, number>>[],
  combine: (values: readonly number[]) => number,
): Record<string, number> {
  const names = new Set(records.flatMap(Object.keys));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      combine(records.map((record) => record[name]).filter((one) => one !== undefined)),
    ]),
  );
}
