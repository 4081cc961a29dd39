interface Dated {
  readonly id: string;
  readonly at: Date;
}

/**
 * Sets whose time contradicts the order in which they were sealed: the clock was wrong when they were taken, or before.
 * All others form the longest series in which no set is older than the one before it; where two are as long, the one that
 * believes the latest set (patience sorting).
 *
 * @param sets in the order of their sequence
 */
export function misdated(sets: readonly Dated[]): ReadonlySet<string> {
  /** At n: where the series of n + 1 sets ends whose last time is least. */
  const ends: number[] = [];
  const before: number[] = [];
  const millis = sets.map(({ at }) => at.getTime());
  for (const [index, time] of millis.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (millis[ends[middle]!]! <= time) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  }
  const wrong = new Set(sets.map(({ id }) => id));
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index]!) wrong.delete(sets[index]!.id);
  return wrong;
}
