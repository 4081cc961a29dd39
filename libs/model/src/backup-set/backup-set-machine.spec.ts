import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  BACKUP_SET_EFFECTS,
  BACKUP_SET_EVENTS,
  BACKUP_SET_TRANSITIONS,
  isUnfinished,
  nextBackupSetState,
  type BackupSetEvent,
} from './backup-set-machine.ts';
import { BACKUP_SET_STATES, type BackupSetState } from './backup-set-state.ts';
import { cellsOf, reachableFrom, statesOfTable } from '../testing/state-graph.ts';

const PAIRS = BACKUP_SET_STATES.flatMap((state) => BACKUP_SET_EVENTS.map((event) => ({ state, event })));
const DURABLE: ReadonlySet<string> = new Set(['sealed', 'proved']);
const events = fc.array(fc.constantFrom(...BACKUP_SET_EVENTS), { maxLength: 60 });

/** Every state that a set passes through; refused events change nothing. */
function walk(sequence: readonly BackupSetEvent[]): BackupSetState[] {
  const passed: BackupSetState[] = ['requested'];
  for (const event of sequence) passed.push(nextBackupSetState(passed.at(-1)!, event) ?? passed.at(-1)!);
  return passed;
}

describe('the backup set machine', () => {
  it('decides every pair of state and event, and knows no others', () => {
    expect(Object.keys(BACKUP_SET_TRANSITIONS)).toEqual([...BACKUP_SET_STATES]);
    for (const state of BACKUP_SET_STATES)
      expect(Object.keys(BACKUP_SET_TRANSITIONS[state]).sort()).toEqual([...BACKUP_SET_EVENTS].sort());
    const outcomes = new Set(PAIRS.map(({ state, event }) => BACKUP_SET_TRANSITIONS[state][event]));
    expect([...outcomes].filter((cell) => cell !== 'refused' && !BACKUP_SET_STATES.includes(cell))).toEqual(
      [],
    );
  });

  it('a sealed set stays sealed (S1)', () => {
    for (const { state, event } of PAIRS) {
      const next = nextBackupSetState(state, event);
      if (DURABLE.has(state) && next !== undefined) expect(DURABLE).toContain(next);
    }
    fc.assert(
      fc.property(events, events, (before, after) => {
        const passed = walk([...before, ...after]);
        const sealedAt = passed.findIndex((state) => DURABLE.has(state));
        if (sealedAt < 0) return;
        for (const state of passed.slice(sealedAt)) expect(DURABLE).toContain(state);
      }),
    );
  });

  it('trouble always undoes first (S2)', () => {
    for (const state of BACKUP_SET_STATES.filter(isUnfinished)) {
      expect(nextBackupSetState(state, 'trouble')).toBe('failing');
      expect(nextBackupSetState(state, 'cancel-requested')).toBe('failing');
    }
    for (const { state, event } of PAIRS) {
      const next = nextBackupSetState(state, event);
      if (next !== state && (next === 'failed' || next === 'cancelled')) expect(state).toBe('failing');
    }
  });

  it('a set fails or is cancelled only after it was failing, in any order of events', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        const passed = walk(sequence);
        const endedAt = passed.findIndex((state) => state === 'failed' || state === 'cancelled');
        if (endedAt >= 0) expect(passed[endedAt - 1]).toBe('failing');
      }),
    );
  });

  it('seals only by the committed document, and only while sealing', () => {
    const sealing = PAIRS.filter(
      ({ state, event }) => !DURABLE.has(state) && nextBackupSetState(state, event) === 'sealed',
    );
    expect(sealing).toEqual([{ state: 'sealing', event: 'document-committed' }]);
  });

  it('never reaches a dump without a pin and a check before it', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        const passed = walk(sequence);
        const dumpingAt = passed.indexOf('dumping');
        if (dumpingAt < 0) return;
        const before = passed.slice(0, dumpingAt);
        expect(before.lastIndexOf('pinned')).toBeGreaterThan(before.lastIndexOf('armed'));
        expect(before.at(-1)).toBe('checking');
      }),
    );
  });

  it('pins again under the same holds and round, and arms anew once the holds are gone (S8)', () => {
    const targets = (event: BackupSetEvent) => [
      ...new Set(PAIRS.flatMap(({ state }) => nextBackupSetState(state, event) ?? [])),
    ];
    expect(targets('pin-unclean')).toEqual(['pinned']);
    expect(targets('proof-unclean')).toEqual(['armed']);
  });

  it('reaches every state from requested', () => {
    expect(reachableFrom(BACKUP_SET_TRANSITIONS, 'requested')).toEqual(new Set(BACKUP_SET_STATES));
  });

  it('can end from every unfinished state, well before the seal and by failing', () => {
    for (const state of BACKUP_SET_STATES.filter(isUnfinished)) {
      const reachable = reachableFrom(BACKUP_SET_TRANSITIONS, state);
      expect(reachable).toContain('failed');
      expect(reachable).toContain('cancelled');
      if (state !== 'failing') expect(reachable).toContain('proved');
    }
  });

  it('has an effect exactly in the states that do not rest', () => {
    for (const state of BACKUP_SET_STATES) {
      const moves = cellsOf(BACKUP_SET_TRANSITIONS, state).filter((next) => next !== state);
      expect({ state, effect: BACKUP_SET_EFFECTS[state] !== null }).toEqual({
        state,
        effect: moves.length > 0,
      });
    }
  });

  it('gives every effect to one state', () => {
    const effects = Object.values(BACKUP_SET_EFFECTS).filter((effect) => effect !== null);
    expect(new Set(effects).size).toBe(effects.length);
  });

  it('has a specification that names exactly its states and its effects', () => {
    const text = readFileSync(new URL('./SPEC.md', import.meta.url), 'utf8');
    expect(statesOfTable(text)).toEqual(
      BACKUP_SET_STATES.map((state) => ({ state, effect: BACKUP_SET_EFFECTS[state] ?? '' })),
    );
  });
});
