import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { guardedSets } from '../set-deletion.ts';
import { judgeRetention, type RetainableSet } from './judge-retention.ts';
import { RETENTION_RULES, type RetentionPolicy } from './retention-policy.ts';

const NOW = new Date('2026-11-27T12:00:00Z');
const HOUR = 3_600_000;

function set(sequence: number, at: string | Date, facts: Partial<RetainableSet> = {}): RetainableSet {
  const common = { state: 'proved', guarantee: 'consistent', pin: null, usedBy: null } as const;
  return { id: `set-${sequence}`, sequence, at: new Date(at), ...common, ...facts };
}

function nightly(count: number, facts: (sequence: number) => Partial<RetainableSet> = () => ({})) {
  const begin = NOW.getTime() - count * 24 * HOUR;
  return Array.from({ length: count }, (_, n) => set(n + 1, new Date(begin + n * 24 * HOUR), facts(n + 1)));
}

function keptOf(policy: RetentionPolicy, sets: readonly RetainableSet[], now = NOW): string[] {
  return judgeRetention(policy, sets, now).flatMap(({ set: id, keep }) => (keep ? [id] : []));
}

const policies: fc.Arbitrary<RetentionPolicy> = fc.record(
  Object.fromEntries(RETENTION_RULES.map((rule) => [rule, fc.integer({ min: 0, max: 6 })])),
  { requiredKeys: [] },
);
const facts = fc.record({
  hours: fc.integer({ min: 0, max: 24 * 40 }),
  state: fc.constantFrom('sealed' as const, 'proved' as const),
  guarantee: fc.constantFrom(
    'consistent' as const,
    'consistent-with-known-losses' as const,
    'incomplete' as const,
  ),
  pinned: fc.boolean(),
  usedBy: fc.constantFrom(null, null, null, 'restore-1'),
});

/** Sets whose time grows with their sequence. */
const histories = fc.array(facts, { maxLength: 40 }).map((all) => {
  let millis = Date.parse('2026-01-01T00:00:00Z');
  return all.map(({ hours, pinned, ...rest }, index) => {
    millis += hours * HOUR;
    const pin = pinned && index % 5 === 0 ? { reason: 'audit', by: 'ops', at: NOW, until: null } : null;
    return set(index + 1, new Date(millis), { ...rest, pin });
  });
});

/** And sets whose time is anything. */
const disordered = fc
  .array(fc.tuple(facts, fc.integer({ min: 0, max: 100_000 })), { maxLength: 40 })
  .map((all) =>
    all.map(([{ state, guarantee }, hour], index) =>
      set(index + 1, new Date(hour * HOUR), { state, guarantee }),
    ),
  );

describe('a retention policy', () => {
  it('keeps the newest of each of so many days, weeks, months and years that have sets', () => {
    const sets = nightly(60);
    expect(keptOf({ keepLast: 2, daily: 3 }, sets)).toEqual(['set-60', 'set-59', 'set-58']);
    // Weeks end on Sundays: 22, 15 and 8 November 2026.
    const sundays = ['2026-11-26', '2026-11-22', '2026-11-15'];
    const weekly = keptOf({ weekly: 3 }, sets).map((id) => sets.find((each) => each.id === id)!.at);
    expect(weekly.map((at) => at.toISOString().slice(0, 10))).toEqual(sundays);
  });

  it('counts days that have sets, not days since', () => {
    const sets = [set(1, '2020-01-01T02:00Z'), set(2, '2023-05-05T02:00Z'), set(3, '2026-11-26T02:00Z')];
    expect(keptOf({ daily: 3 }, sets)).toHaveLength(3);
  });

  it('begins days in its own time zone', () => {
    const sets = [set(1, '2026-11-25T21:00Z'), set(2, '2026-11-25T23:30Z'), set(3, '2026-11-26T21:00Z')];
    expect(keptOf({ daily: 2 }, sets)).toEqual(['set-3', 'set-2']);
    expect(keptOf({ daily: 3 }, sets)).toEqual(['set-3', 'set-2']);
    expect(keptOf({ daily: 3, timeZone: 'Europe/Berlin' }, sets)).toEqual(['set-3', 'set-1']);
  });

  it('tells the hour that comes twice apart', () => {
    const sets = [set(1, '2026-10-25T00:30Z'), set(2, '2026-10-25T01:30Z')];
    expect(keptOf({ hourly: 2, timeZone: 'Europe/Berlin' }, sets)).toHaveLength(2);
  });

  it('says why a set is kept, and why each rule lets it go', () => {
    const verdicts = judgeRetention({ keepLast: 1, daily: 2 }, nightly(3), NOW);
    expect(verdicts.map(({ reasons }) => reasons.map(({ rule, text }) => `${rule}: ${text}`))).toEqual([
      ['last-good: a restore would use it', 'keepLast: 1 of 1', 'daily: the newest of 2026-11-26, 1 of 2'],
      ['daily: the newest of 2026-11-25, 2 of 2'],
      ['keepLast: all 1 places have newer sets', 'daily: all 2 places have newer sets'],
    ]);
  });

  it('lets an incomplete set take no place, and keeps it where its day has nothing better', () => {
    const sets = nightly(6, (n) => (n === 3 || n === 6 ? { guarantee: 'incomplete' } : {}));
    expect(keptOf({ daily: 3 }, sets)).toEqual(['set-6', 'set-5', 'set-4', 'set-3', 'set-2']);
    const later = [...sets, set(7, new Date(sets[5]!.at.getTime() + HOUR))];
    expect(keptOf({ daily: 3 }, later)).toEqual(['set-7', 'set-5', 'set-4']);
  });

  it('that counts nothing keeps everything', () => {
    expect(keptOf({ daily: 0, timeZone: 'UTC' }, nightly(9))).toHaveLength(9);
  });

  it('keeps pinned sets until the pin ends', () => {
    const until = new Date('2026-12-24T00:00:00Z');
    const pin = { reason: 'before the upgrade', by: 'ops', at: NOW, until };
    const sets = nightly(5, (n) => (n === 1 ? { pin } : {}));
    expect(keptOf({ keepLast: 1 }, sets)).toEqual(['set-5', 'set-1']);
    expect(keptOf({ keepLast: 1 }, sets, until)).toEqual(['set-5']);
  });
});

describe('whatever the policy and the sets', () => {
  it('the last good sets, pinned sets and those that a restore needs stay', () => {
    fc.assert(
      fc.property(policies, fc.oneof(histories, disordered), (policy, sets) => {
        const kept = new Set(keptOf(policy, sets));
        for (const id of guardedSets(sets)) expect(kept).toContain(id);
        for (const { id, pin, usedBy } of sets)
          if (pin !== null || usedBy !== null) expect(kept).toContain(id);
      }),
    );
  });

  it('incomplete sets displace no consistent one', () => {
    const isConsistent = ({ guarantee }: RetainableSet): boolean => guarantee !== 'incomplete';
    fc.assert(
      fc.property(policies, histories, (policy, sets) => {
        const consistent = sets.filter(isConsistent);
        const ids = new Set(consistent.map(({ id }) => id));
        expect(keptOf(policy, sets).filter((id) => ids.has(id))).toEqual(keptOf(policy, consistent));
      }),
    );
  });

  it('what is kept is kept again', () => {
    fc.assert(
      fc.property(policies, histories, (policy, sets) => {
        const kept = new Set(keptOf(policy, sets));
        const left = sets.filter(({ id }) => kept.has(id));
        expect(keptOf(policy, left)).toEqual([...kept]);
      }),
    );
  });

  it('the clock of now decides nothing', () => {
    const anyTime = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(policies, fc.oneof(histories, disordered), anyTime, (policy, sets, now) => {
        expect(keptOf(policy, sets, now)).toEqual(keptOf(policy, sets));
      }),
    );
  });

  it('a set taken under any clock makes each rule let go of one consistent set at most', () => {
    const anyHour = fc.integer({ min: 0, max: 24 * 365 * 80 });
    fc.assert(
      fc.property(policies, histories, anyHour, (policy, sets, hour) => {
        const consistent = sets.filter(({ guarantee }) => guarantee !== 'incomplete');
        const before = keptOf(policy, consistent);
        const after = new Set(
          keptOf(policy, [
            ...consistent,
            set(consistent.length + 100, new Date(hour * HOUR), { state: 'sealed' }),
          ]),
        );
        const gone = before.filter((id) => !after.has(id));
        // And the set that was the newest of all is guarded no more.
        expect(gone.length).toBeLessThanOrEqual(RETENTION_RULES.length + 1);
      }),
    );
  });

  it('as many sets as there were, taken under a clock that was set back, cost none of them', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 20 }), (policy, count) => {
        const good = nightly(count);
        const kept = keptOf(policy, good);
        const backdated = kept.map((_, n) =>
          set(100 + n, new Date(Date.parse('2001-01-01T00:00Z') + n * 24 * HOUR)),
        );
        const left = good.filter(({ id }) => kept.includes(id));
        const after = keptOf(policy, [...left, ...backdated]);
        expect(kept.filter((id) => !after.includes(id))).toEqual([]);
      }),
    );
  });
});
