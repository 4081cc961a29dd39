import { guardedSets, type DeletableSet } from '../set-deletion.ts';
import { DEFAULT_TIME_ZONE } from '../schedule/schedule.ts';
import { judgeRule } from './judge-rule.ts';
import { misdated } from './misdated.ts';
import { RETENTION_RULES, type RetentionPolicy } from './retention-policy.ts';

/** Why a set must not be deleted for a time. */
export interface Pin {
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
  /** Null: until it is taken away. */
  readonly until: Date | null;
}

/** A sealed set as retention sees it. */
export interface RetainableSet extends DeletableSet {
  readonly sequence: number;
  /** By the server's clock: when it was asked for. A set belongs to the night in which it began. */
  readonly at: Date;
  readonly pin: Pin | null;
  /** The restore that needs it. */
  readonly usedBy: string | null;
}

export interface RetentionReason {
  readonly rule: (typeof RETENTION_RULES)[number] | 'last-good' | 'pinned' | 'used' | 'clock' | 'no-rule';
  readonly keeps: boolean;
  readonly text: string;
}

export interface RetentionVerdict {
  readonly set: string;
  readonly keep: boolean;
  /** Of a set that is kept, what keeps it; of one that is not, why each rule lets it go. */
  readonly reasons: readonly RetentionReason[];
}

const NO_RULE: RetentionReason = { rule: 'no-rule', keeps: true, text: 'the policy counts nothing' };

export function isPinned(pin: Pin | null, now: Date): boolean {
  return pin !== null && (pin.until === null || pin.until > now);
}

/**
 * Which sets of a cluster are kept, and why (SPEC.md beside this file). Rules count periods in which there are sets, never
 * back from now: no clock that is wrong now makes a set old. `now` decides about the expiry of pins alone.
 *
 * @returns newest first, by sequence
 */
export function judgeRetention(
  { timeZone = DEFAULT_TIME_ZONE, ...places }: RetentionPolicy,
  sets: readonly RetainableSet[],
  now: Date,
): RetentionVerdict[] {
  const oldestFirst = sets.toSorted((a, b) => a.sequence - b.sequence);
  const newestFirst = oldestFirst.toReversed();
  const wrong = misdated(oldestFirst);
  const guarded = guardedSets(sets);
  const dated = newestFirst.filter(({ id }) => !wrong.has(id));
  const rules = RETENTION_RULES.filter((rule) => (places[rule] ?? 0) > 0);
  const byRule = rules.map((rule) => judgeRule(rule, places[rule]!, dated, timeZone));
  return newestFirst.map((set) => {
    const reasons = [
      ...(rules.length === 0 ? [NO_RULE] : []),
      ...guards(set, guarded, wrong, now),
      ...byRule.flatMap((of) => of.get(set.id) ?? []),
    ];
    const keeping = reasons.filter(({ keeps }) => keeps);
    return { set: set.id, keep: keeping.length > 0, reasons: keeping.length > 0 ? keeping : reasons };
  });
}

/** What keeps a set whatever the rules say. */
function* guards(
  { id, at, pin, usedBy }: RetainableSet,
  guarded: ReadonlySet<string>,
  wrong: ReadonlySet<string>,
  now: Date,
): Generator<RetentionReason> {
  if (guarded.has(id)) yield { rule: 'last-good', keeps: true, text: 'a restore would use it' };
  if (pin !== null && isPinned(pin, now)) {
    const until = pin.until === null ? '' : ` until ${pin.until.toISOString()}`;
    yield { rule: 'pinned', keeps: true, text: `pinned by ${pin.by}${until}: ${pin.reason}` };
  }
  if (usedBy !== null) yield { rule: 'used', keeps: true, text: `restore ${usedBy} needs it` };
  if (wrong.has(id)) {
    const text = `its time, ${at.toISOString()}, contradicts its place among the sets: the clock was wrong`;
    yield { rule: 'clock', keeps: true, text };
  }
}
