import { describe, expect, it } from '@jest/globals';
import type { SetDocument } from '@lifeboat/model';
import { chooseSet } from './choose-set.ts';

const sets = (
  [
    ['aa11', '2026-01-02T00:00:00Z'],
    ['aa22', '2026-01-03T00:00:00Z'],
    ['bb33', '2026-01-01T00:00:00Z'],
  ] as const
).map(([set, sealedAt]) => ({ name: set, hash: '', document: { set, sealedAt } as SetDocument }));

describe('choosing a set of a vault', () => {
  it('takes the one sealed last when none is named', () => {
    expect(chooseSet(sets, undefined).name).toBe('aa22');
  });

  it('takes the beginning of an id', () => {
    expect(chooseSet(sets, 'aa1').name).toBe('aa11');
  });

  it('refuses what is not there, and what could be two', () => {
    expect(() => chooseSet(sets, 'c')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(() => chooseSet(sets, 'aa')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => chooseSet([], undefined)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });
});
