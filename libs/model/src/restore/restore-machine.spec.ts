import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { cellsOf, reachableFrom, statesOfTable } from '../testing/state-graph.ts';
import {
  isDecided,
  isRestoreAtRest,
  nextRestoreState,
  RESTORE_EFFECTS,
  RESTORE_EVENTS,
  RESTORE_TRANSITIONS,
  type RestoreEvent,
} from './restore-machine.ts';
import { RESTORE_STATES, type RestoreState } from './restore-state.ts';

const PAIRS = RESTORE_STATES.flatMap((state) => RESTORE_EVENTS.map((event) => ({ state, event })));
const BEFORE_DECISION: ReadonlySet<RestoreState> = new Set<RestoreState>([
  'requested',
  'planned',
  'staging',
  'staged',
  'quiescing',
  'quiesced',
]);
const ENDS_OF_A_DECISION: ReadonlySet<RestoreState> = new Set<RestoreState>([
  'completed',
  'rolled-back',
  'needs-operator',
]);
const events = fc.array(fc.constantFrom(...RESTORE_EVENTS), { maxLength: 60 });

/** Every state that a restore passes through; refused events change nothing. */
function walk(sequence: readonly RestoreEvent[], from: RestoreState = 'requested'): RestoreState[] {
  const passed = [from];
  for (const event of sequence) passed.push(nextRestoreState(passed.at(-1)!, event) ?? passed.at(-1)!);
  return passed;
}

describe('the restore machine', () => {
  it('decides every pair of state and event, and knows no others', () => {
    expect(Object.keys(RESTORE_TRANSITIONS)).toEqual([...RESTORE_STATES]);
    for (const state of RESTORE_STATES)
      expect(Object.keys(RESTORE_TRANSITIONS[state]).sort()).toEqual([...RESTORE_EVENTS].sort());
    const outcomes = new Set(PAIRS.map(({ state, event }) => RESTORE_TRANSITIONS[state][event]));
    expect([...outcomes].filter((cell) => cell !== 'refused' && !RESTORE_STATES.includes(cell))).toEqual([]);
  });

  it('changes nothing live before the decision: every failure undoes the stage (R1)', () => {
    for (const state of BEFORE_DECISION) {
      expect(nextRestoreState(state, 'trouble')).toBe('aborting');
      expect(nextRestoreState(state, 'roll-back-requested')).toBe('aborting');
      expect(isDecided(state)).toBe(false);
    }
    for (const { state, event } of PAIRS) {
      const next = nextRestoreState(state, event);
      if (next === 'switching') expect(state).toBe('decided');
    }
  });

  it('switches nothing without a durable decision (R2)', () => {
    const deciding = PAIRS.filter(({ state, event }) => nextRestoreState(state, event) === 'decided');
    expect(deciding).toEqual([{ state: 'quiesced', event: 'decision-durable' }]);
    fc.assert(
      fc.property(events, (sequence) => {
        const passed = walk(sequence);
        const switchingAt = passed.indexOf('switching');
        if (switchingAt < 0) return;
        expect(passed.slice(0, switchingAt)).toEqual(expect.arrayContaining(['quiesced', 'decided']));
      }),
    );
  });

  it('after the decision there is no third way (R3)', () => {
    for (const state of RESTORE_STATES.filter(isDecided)) {
      const rests = [...reachableFrom(RESTORE_TRANSITIONS, state)].filter(isRestoreAtRest);
      expect(new Set([...rests, ...ENDS_OF_A_DECISION])).toEqual(ENDS_OF_A_DECISION);
    }
    fc.assert(
      fc.property(events, (sequence) => {
        const passed = walk(sequence);
        const decidedAt = passed.indexOf('decided');
        if (decidedAt < 0) return;
        for (const state of passed.slice(decidedAt)) {
          expect(state).not.toMatch(/^abort/);
          if (isRestoreAtRest(state)) expect(ENDS_OF_A_DECISION).toContain(state);
        }
      }),
    );
  });

  it('leads the whole cluster back on any failure after the decision', () => {
    for (const state of ['decided', 'switching', 'verifying', 'reopening'] as const)
      for (const event of ['trouble', 'roll-back-requested'] as const)
        expect(nextRestoreState(state, event)).toBe('rolling-back');
  });

  it('never goes forward again once it rolls back', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        for (const state of walk(sequence, 'rolling-back'))
          expect(['rolling-back', 'rolled-back', 'needs-operator']).toContain(state);
      }),
    );
  });

  it('lets a completed restore go back, and an operator send a stuck one back (R4)', () => {
    expect(nextRestoreState('completed', 'roll-back-requested')).toBe('rolling-back');
    expect(nextRestoreState('needs-operator', 'roll-back-requested')).toBe('rolling-back');
  });

  it('counts every state after the decision as decided, so that a restart drives it on (R6)', () => {
    for (const state of reachableFrom(RESTORE_TRANSITIONS, 'decided'))
      if (!isRestoreAtRest(state))
        expect({ state, decided: isDecided(state) }).toEqual({ state, decided: true });
  });

  it('can abort from every state that a restart does not drive on (R6)', () => {
    const aborted = RESTORE_STATES.filter((state) => !isDecided(state) && !isRestoreAtRest(state));
    expect(new Set(aborted)).toEqual(new Set([...BEFORE_DECISION, 'aborting']));
    for (const state of aborted) expect(reachableFrom(RESTORE_TRANSITIONS, state)).toContain('aborted');
  });

  it('reaches every state from requested', () => {
    expect(reachableFrom(RESTORE_TRANSITIONS, 'requested')).toEqual(new Set(RESTORE_STATES));
  });

  it('can come to rest from every state', () => {
    for (const state of RESTORE_STATES)
      expect([...reachableFrom(RESTORE_TRANSITIONS, state)].some(isRestoreAtRest)).toBe(true);
  });

  it('answers every effect: what acts has a way on, a way out of trouble, and rests only without an effect', () => {
    for (const state of RESTORE_STATES) {
      const moves = cellsOf(RESTORE_TRANSITIONS, state).filter((next) => next !== state);
      if (RESTORE_EFFECTS[state] === null) {
        // Only a person moves it from here.
        const byItself = RESTORE_EVENTS.filter((event) => event !== 'roll-back-requested');
        expect(byItself.filter((event) => nextRestoreState(state, event) !== undefined)).toEqual([]);
      } else {
        expect(moves.length).toBeGreaterThanOrEqual(2);
        expect(nextRestoreState(state, 'trouble')).toBeDefined();
        expect(nextRestoreState(state, 'trouble')).not.toBe(state);
      }
    }
  });

  it('gives every effect to one state', () => {
    const effects = Object.values(RESTORE_EFFECTS).filter((effect) => effect !== null);
    expect(new Set(effects).size).toBe(effects.length);
  });

  it('has a specification that names exactly its states and its effects', () => {
    const text = readFileSync(new URL('./SPEC.md', import.meta.url), 'utf8');
    expect(statesOfTable(text)).toEqual(
      RESTORE_STATES.map((state) => ({ state, effect: RESTORE_EFFECTS[state] ?? '' })),
    );
  });
});
