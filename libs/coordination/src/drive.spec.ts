import { describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import {
  BACKUP_SET_EFFECTS,
  isDecided,
  nextBackupSetState,
  nextRestoreState,
  RESTORE_EFFECTS,
  type BackupSetEffect,
  type BackupSetEvent,
  type BackupSetState,
  type RestoreEffect,
  type RestoreEvent,
  type RestoreState,
} from '@lifeboat/model';
import fc from 'fast-check';

import { drive, type DriveOptions, type Machine } from './drive.ts';

const SET: Machine<BackupSetState, BackupSetEvent, BackupSetEffect> = {
  effects: BACKUP_SET_EFFECTS,
  next: nextBackupSetState,
};
const RESTORE: Machine<RestoreState, RestoreEvent, RestoreEffect> = {
  effects: RESTORE_EFFECTS,
  next: nextRestoreState,
};

const SET_GOES_WELL: Record<BackupSetEffect, BackupSetEvent> = {
  accept: 'accepted',
  'lease-agents': 'agents-leased',
  precopy: 'precopied',
  'hold-and-round': 'round-complete',
  pin: 'snapshot-pinned',
  check: 'documents-resolved',
  dump: 'dumped',
  close: 'captures-closed',
  seal: 'document-committed',
  prove: 'proof-complete',
  undo: 'nothing-owed',
};
const RESTORE_GOES_WELL: Record<RestoreEffect, RestoreEvent> = {
  'check-plan': 'plan-current',
  'claim-nodes': 'nodes-claimed',
  stage: 'all-staged',
  'verify-stage': 'stage-verified',
  quiesce: 'all-quiesced',
  decide: 'decision-durable',
  'tell-decision': 'decision-told',
  switch: 'all-switched',
  'verify-switch': 'switch-verified',
  reopen: 'all-healthy',
  undo: 'undone',
  'roll-back': 'rolled-back',
};

/** A record in a catalog: compare-and-set, and everything that it has been. */
class Row<State> {
  readonly history: State[];

  constructor(first: State) {
    this.history = [first];
  }

  get state(): State {
    return this.history.at(-1)!;
  }

  readonly persist = async (from: State, to: State): Promise<boolean> => {
    if (this.state !== from) return false;
    this.history.push(to);
    return true;
  };
}

type SetOptions = DriveOptions<BackupSetState, BackupSetEvent, BackupSetEffect>;

function driveSet(row: Row<BackupSetState>, options: Partial<SetOptions> = {}): Promise<BackupSetState> {
  return drive({
    machine: SET,
    from: row.state,
    persist: row.persist,
    perform: async (effect) => SET_GOES_WELL[effect],
    onTrouble: () => 'trouble',
    log: silentLog,
    ...options,
  });
}

function driveRestore(
  row: Row<RestoreState>,
  perform: (effect: RestoreEffect) => Promise<RestoreEvent>,
  persist = row.persist,
): Promise<RestoreState> {
  return drive({
    machine: RESTORE,
    from: row.state,
    persist,
    perform,
    onTrouble: () => 'trouble',
    log: silentLog,
  });
}

describe('drive', () => {
  it('performs one effect a state, in order, to the state at which nothing more happens', async () => {
    const effects: string[] = [];
    const row = new Row<BackupSetState>('requested');
    const perform = async (effect: BackupSetEffect) => {
      effects.push(effect);
      return SET_GOES_WELL[effect];
    };
    expect(await driveSet(row, { perform })).toBe('proved');
    const { undo: _, ...forward } = SET_GOES_WELL;
    expect(effects).toEqual(Object.keys(forward));
    expect(row.state).toBe('proved');
  });

  it('turns what an effect throws into trouble, and undoes before it ends', async () => {
    const row = new Row<BackupSetState>('requested');
    const seen: unknown[] = [];
    const perform = async (effect: BackupSetEffect) => {
      if (effect === 'dump') throw new Error('disk full');
      return SET_GOES_WELL[effect];
    };
    const onTrouble = (error: unknown, state: BackupSetState): BackupSetEvent => {
      seen.push([(error as Error).message, state]);
      return 'trouble';
    };
    expect(await driveSet(row, { perform, onTrouble })).toBe('failed');
    expect(seen).toEqual([['disk full', 'dumping']]);
    expect(row.history.slice(-3)).toEqual(['dumping', 'failing', 'failed']);
  });

  it('stands down when somebody else moved the record, and performs nothing more', async () => {
    const row = new Row<BackupSetState>('requested');
    const effects: string[] = [];
    const perform = async (effect: BackupSetEffect) => {
      effects.push(effect);
      if (effect === 'precopy') await row.persist('precopying', 'failing');
      return SET_GOES_WELL[effect];
    };
    expect(await driveSet(row, { perform })).toBe('precopying');
    expect(effects.at(-1)).toBe('precopy');
    expect(row.state).toBe('failing');
  });

  it('never runs one step twice when two drivers race', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const row = new Row<BackupSetState>('requested');
        const perform = (effect: BackupSetEffect) =>
          scheduler.schedule(Promise.resolve(SET_GOES_WELL[effect]));
        const both = Promise.all([driveSet(row, { perform }), driveSet(row, { perform })]);
        await scheduler.waitFor(both);
        expect(row.state).toBe('proved');
        expect(new Set(row.history).size).toBe(row.history.length);
      }),
    );
  });

  it('leaves a proof that cannot be made now for a later run: the set stays sealed', async () => {
    const row = new Row<BackupSetState>('sealed');
    let proofs = 0;
    const perform = async () => {
      proofs += 1;
      throw new Error('the vault cannot be read');
    };
    expect(await driveSet(row, { perform })).toBe('sealed');
    expect(proofs).toBe(1);
  });

  it('gives an undo up that never comes to an end, instead of trying for ever', async () => {
    const row = new Row<BackupSetState>('failing');
    let attempts = 0;
    const perform = async () => {
      attempts += 1;
      throw new Error('no');
    };
    expect(await driveSet(row, { perform, onTrouble: () => 'cancel-requested' })).toBe('failing');
    expect(attempts).toBe(5);
  });

  it('calls an event that the state refuses a bug', async () => {
    const row = new Row<BackupSetState>('requested');
    await expect(driveSet(row, { perform: async () => 'dumped' })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    expect(row.history).toEqual(['requested']);
  });

  it('comes to the same end after a crash at any step: what was interrupted is performed again', async () => {
    const crash = new Error('killed');
    for (let dieAt = 0; dieAt < 10; dieAt += 1) {
      for (const moment of ['before persist', 'after persist'] as const) {
        const row = new Row<RestoreState>('requested');
        const effects: RestoreEffect[] = [];
        let steps = 0;
        const perform = async (effect: RestoreEffect) => {
          effects.push(effect);
          return RESTORE_GOES_WELL[effect];
        };
        const dying = async (from: RestoreState, to: RestoreState) => {
          const isLast = steps++ === dieAt;
          if (isLast && moment === 'before persist') throw crash;
          await row.persist(from, to);
          if (isLast) throw crash;
          return true;
        };
        await expect(driveRestore(row, perform, dying)).rejects.toBe(crash);
        expect(await driveRestore(row, perform)).toBe('completed');
        const { undo: _undo, 'roll-back': _back, ...forward } = RESTORE_GOES_WELL;
        expect([...new Set(effects)]).toEqual(Object.keys(forward));
        expect(effects).toHaveLength(10 + (moment === 'before persist' ? 1 : 0));
      }
    }
  });

  it('brings a restore to one of its ends whatever fails and whenever it dies', async () => {
    const outcome = fc.constantFrom('well', 'well', 'well', 'throws', 'dies' as const);
    await fc.assert(
      fc.asyncProperty(fc.array(outcome, { maxLength: 40 }), async (story) => {
        const row = new Row<RestoreState>('requested');
        const next = story.values();
        const perform = async (effect: RestoreEffect) => {
          if (next.next().value === 'throws') throw new Error('trouble');
          return RESTORE_GOES_WELL[effect];
        };
        const dying = async (from: RestoreState, to: RestoreState) => {
          if (next.next().value === 'dies') throw new Error('killed');
          return row.persist(from, to);
        };
        let end: RestoreState | undefined;
        for (let start = 0; end === undefined && start <= story.length; start += 1)
          end = await driveRestore(row, perform, dying).catch(() => undefined);
        expect(['completed', 'aborted', 'rolled-back', 'needs-operator']).toContain(end);
        const decidedAt = row.history.findIndex(isDecided);
        if (decidedAt >= 0) expect(row.history.slice(decidedAt)).not.toContain('aborted');
      }),
    );
  });
});
