import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deletionRefusal, type DeletableSet } from './set-deletion.ts';

const set = (sequence: number | null, facts: Partial<DeletableSet> = {}): DeletableSet => ({
  id: `set-${sequence}`,
  sequence,
  state: 'proved',
  guarantee: 'consistent',
  ...facts,
});
const unused = { restore: undefined };

describe('the deletion of a set', () => {
  it('is refused for the newest consistent set, unless forced', () => {
    const sets = [set(1), set(2), set(3, { guarantee: 'incomplete' })];
    expect(sets.map((each) => deletionRefusal(each, sets, unused, false)?.code)).toEqual([
      undefined,
      'CONFLICT',
      undefined,
    ]);
    expect(sets.map((each) => deletionRefusal(each, sets, unused, true))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is refused for the newest proved set too, while a newer one waits for its proof', () => {
    const sets = [set(1), set(2), set(3, { state: 'sealed' })];
    expect(sets.map((each) => deletionRefusal(each, sets, unused, false)?.code)).toEqual([
      undefined,
      'CONFLICT',
      'CONFLICT',
    ]);
  });

  it('is refused for the newest of all where none is consistent', () => {
    const sets = [set(1, { guarantee: 'incomplete' }), set(2, { guarantee: 'incomplete' })];
    expect(sets.map((each) => deletionRefusal(each, sets, unused, false)?.code)).toEqual([
      undefined,
      'CONFLICT',
    ]);
  });

  it('is refused, forced or not, for what is not sealed and for what a restore is using', () => {
    const running = set(null, { state: 'dumping', guarantee: null });
    expect(deletionRefusal(running, [set(1)], unused, true)?.code).toBe('CONFLICT');
    const restoring = { restore: 'restore-1' };
    expect(deletionRefusal(set(1), [set(1), set(2)], restoring, true)?.code).toBe('RESTORE_RUNNING');
    const restored = { restore: undefined, unfinalized: 'restore-1' };
    expect(deletionRefusal(set(1), [set(1), set(2)], restored, true)?.message).toContain('restore-1');
    const pinned = { pinned: 'before the upgrade' };
    expect(deletionRefusal(set(1), [set(1), set(2)], pinned, true)?.message).toContain('before the upgrade');
  });

  it('always leaves a cluster the newest consistent set it had', () => {
    const any = fc.record({
      state: fc.constantFrom('sealed', 'proved'),
      guarantee: fc.constantFrom('consistent', 'consistent-with-known-losses', 'incomplete'),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 8 }), (facts) => {
        const sets = facts.map((each, index) => set(index + 1, each as Partial<DeletableSet>));
        const consistent = sets.filter(({ guarantee }) => guarantee !== 'incomplete');
        let left = sets;
        for (const each of sets) {
          if (deletionRefusal(each, left, unused, false) === undefined)
            left = left.filter((other) => other !== each);
        }
        expect(left).toContain(consistent.at(-1) ?? sets.at(-1));
      }),
    );
  });
});
