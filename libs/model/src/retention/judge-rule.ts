import type { RetainableSet, RetentionReason } from './judge-retention.ts';
import { periodOf } from './period-of.ts';
import type { RetentionRule } from './retention-policy.ts';

interface Verdict {
  readonly keeps: boolean;
  readonly text: string;
}

/**
 * What one rule says of each set. Consistent sets share its places among themselves. Incomplete ones take none of these:
 * they have as many of their own, for periods that have no consistent set, and none is older than the oldest that the rule
 * keeps.
 *
 * @param sets newest first
 */
export function judgeRule(
  rule: RetentionRule,
  places: number,
  sets: readonly RetainableSet[],
  timeZone: string,
): ReadonlyMap<string, RetentionReason> {
  const periods = new Map(sets.map((set) => [set.id, periodIn(rule, set, timeZone)]));
  const period = ({ id }: RetainableSet): string => periods.get(id)!;
  const isConsistent = ({ guarantee }: RetainableSet): boolean => guarantee !== 'incomplete';
  const consistent = sets.filter(isConsistent);
  const taken = new Places(rule, places);
  const verdicts = new Map<string, Verdict>();
  for (const set of consistent) verdicts.set(set.id, taken.judge(set, period(set)));

  const covered = new Set(consistent.map(period));
  const oldest = taken.isFull ? taken.oldest : 0;
  const spare = new Places(rule, places);
  for (const set of sets.filter((each) => !isConsistent(each))) {
    const refusal = covered.has(period(set))
      ? `incomplete, and ${period(set)} has a consistent set`
      : set.sequence < oldest && `incomplete, and all ${places} places have newer consistent sets`;
    verdicts.set(set.id, refusal ? { keeps: false, text: refusal } : spare.judge(set, period(set)));
  }
  return new Map([...verdicts].map(([id, verdict]) => [id, { rule, ...verdict }]));
}

function periodIn(rule: RetentionRule, { id, at }: RetainableSet, timeZone: string): string {
  return rule === 'keepLast' ? id : periodOf(rule, at, timeZone);
}

/** The places that a rule has, given to the newest set of each period. */
class Places {
  readonly #rule: RetentionRule;
  readonly #count: number;
  readonly #taken = new Map<string, RetainableSet>();

  constructor(rule: RetentionRule, count: number) {
    this.#rule = rule;
    this.#count = count;
  }

  get isFull(): boolean {
    return this.#taken.size === this.#count;
  }

  /** Sequence of the oldest set that has a place. */
  get oldest(): number {
    return [...this.#taken.values()].at(-1)?.sequence ?? 0;
  }

  /** Sets come newest first. */
  judge(set: RetainableSet, period: string): Verdict {
    const newer = this.#taken.get(period);
    if (newer !== undefined) return { keeps: false, text: `set ${newer.id} of ${period} is newer` };
    if (this.isFull) return { keeps: false, text: `all ${this.#count} places have newer sets` };
    this.#taken.set(period, set);
    const place = `${this.#taken.size} of ${this.#count}`;
    return { keeps: true, text: this.#rule === 'keepLast' ? place : `the newest of ${period}, ${place}` };
  }
}
