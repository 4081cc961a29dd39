import { describe, expect, it } from '@jest/globals';
import { MAX_PINS } from '@lifeboat/model';
import fc from 'fast-check';

import { judgePin, LOST_MILLIS, type PinEvidence } from './judge-pin.ts';

const NOW = 50_000;

/** `before`: paths open since a second; `justBefore`: since a moment less. */
function judge(
  evidence: Partial<Record<'unresolved' | 'before' | 'justBefore' | 'known', string[]>> & { pins?: number },
) {
  const { unresolved, before = [], justBefore = [], known, pins = 1 } = evidence;
  const openSince = new Map([
    ...before.map((path) => [path, NOW - LOST_MILLIS] as const),
    ...justBefore.map((path) => [path, NOW - LOST_MILLIS + 1] as const),
  ]);
  return judgePin({
    unresolved: new Set(unresolved),
    openSince,
    now: NOW,
    knownMissing: new Set(known),
    pins,
  });
}

describe('judgePin', () => {
  it('takes a pin at which every row has its bytes', () => {
    expect(judge({})).toBe('clean');
  });

  it('pins again for a document that is missing for the first time: its deletion may be under way', () => {
    expect(judge({ unresolved: ['a'] })).toBe('pin-again');
    expect(judge({ unresolved: ['a'], before: ['b'], pins: 2 })).toBe('pin-again');
  });

  it('takes a loss that two pins saw, well apart: another pin would not cure it', () => {
    expect(judge({ unresolved: ['a'], before: ['a', 'b'], pins: 2 })).toBe('clean');
    expect(judge({ unresolved: ['a', 'c'], before: ['a', 'b'], pins: 2 })).toBe('pin-again');
  });

  it('does not take for a loss what a transaction under way may still change', () => {
    expect(judge({ unresolved: ['a'], justBefore: ['a'], pins: 2 })).toBe('pin-again');
  });

  it('takes losses that the previous set had: an old library never keeps a set from being made', () => {
    expect(judge({ unresolved: ['a', 'b'], known: ['a', 'b', 'c'] })).toBe('clean');
    expect(judge({ unresolved: ['a', 'x'], known: ['a'] })).toBe('pin-again');
  });

  it('never makes more than MAX_PINS pins, whatever is found (S4)', () => {
    const paths = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 });
    fc.assert(
      fc.property(fc.infiniteStream(paths), (misses) => {
        let evidence: PinEvidence = {
          unresolved: new Set(),
          openSince: new Map(),
          now: NOW,
          knownMissing: new Set(),
          pins: 0,
        };
        do {
          const unresolved = new Set<string>(misses.next().value);
          evidence = { ...evidence, unresolved, pins: evidence.pins + 1 };
        } while (judgePin(evidence) === 'pin-again');
        expect(evidence.pins).toBeLessThanOrEqual(MAX_PINS);
      }),
    );
  });
});
