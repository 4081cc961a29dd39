import type { BackupSetState } from './backup-set-state.ts';

/** Everything that can happen to a backup set. SPEC.md beside this file gives each one's meaning. */
export const BACKUP_SET_EVENTS = [
  'accepted',
  'agents-leased',
  'precopied',
  'precopied-without-database',
  'round-complete',
  'snapshot-pinned',
  'documents-resolved',
  'pin-unclean',
  'proof-unclean',
  'dumped',
  'captures-closed',
  'document-committed',
  'proof-complete',
  'trouble',
  'cancel-requested',
  'nothing-owed',
  'nothing-owed-after-cancel',
] as const;

export type BackupSetEvent = (typeof BACKUP_SET_EVENTS)[number];

/** A cell of the table: the next state, or `refused`: this event is a bug of ours in that state. */
type Cell = BackupSetState | 'refused';

const REFUSED: Record<BackupSetEvent, Cell> = {
  accepted: 'refused',
  'agents-leased': 'refused',
  precopied: 'refused',
  'precopied-without-database': 'refused',
  'round-complete': 'refused',
  'snapshot-pinned': 'refused',
  'documents-resolved': 'refused',
  'pin-unclean': 'refused',
  'proof-unclean': 'refused',
  dumped: 'refused',
  'captures-closed': 'refused',
  'document-committed': 'refused',
  'proof-complete': 'refused',
  trouble: 'refused',
  'cancel-requested': 'refused',
  'nothing-owed': 'refused',
  'nothing-owed-after-cancel': 'refused',
};

/** S2: whatever is unfinished fails by undoing first. */
const UNFINISHED = { ...REFUSED, trouble: 'failing', 'cancel-requested': 'failing' } as const;

/** The whole machine. No cell is left out: adding a state or an event does not compile until each is decided. */
export const BACKUP_SET_TRANSITIONS: Record<BackupSetState, Record<BackupSetEvent, Cell>> = {
  requested: { ...UNFINISHED, accepted: 'leasing' },
  leasing: { ...UNFINISHED, 'agents-leased': 'precopying' },
  precopying: { ...UNFINISHED, precopied: 'armed', 'precopied-without-database': 'closing' },
  armed: { ...UNFINISHED, 'round-complete': 'pinned' },
  pinned: { ...UNFINISHED, 'snapshot-pinned': 'checking' },
  // S8: while the holds stand, round and hold cover the next pin as they covered this one.
  checking: { ...UNFINISHED, 'documents-resolved': 'dumping', 'pin-unclean': 'pinned' },
  dumping: { ...UNFINISHED, dumped: 'closing', 'pin-unclean': 'pinned', 'proof-unclean': 'armed' },
  closing: { ...UNFINISHED, 'captures-closed': 'sealing' },
  sealing: { ...UNFINISHED, 'document-committed': 'sealed' },
  // S1: from here on nothing un-seals the set; trouble while proving is a finding, not a failure of the set.
  sealed: { ...REFUSED, 'proof-complete': 'proved', trouble: 'sealed', 'cancel-requested': 'sealed' },
  proved: { ...REFUSED, 'cancel-requested': 'proved' },
  failing: {
    ...REFUSED,
    trouble: 'failing',
    'cancel-requested': 'failing',
    'nothing-owed': 'failed',
    'nothing-owed-after-cancel': 'cancelled',
  },
  failed: { ...REFUSED, 'cancel-requested': 'failed' },
  cancelled: { ...REFUSED, 'cancel-requested': 'cancelled' },
};

/** What is done on entering a state; every effect is idempotent and answers with one event. */
export const BACKUP_SET_EFFECTS = {
  requested: 'accept',
  leasing: 'lease-agents',
  precopying: 'precopy',
  armed: 'hold-and-round',
  pinned: 'pin',
  checking: 'check',
  dumping: 'dump',
  closing: 'close',
  sealing: 'seal',
  sealed: 'prove',
  proved: null,
  failing: 'undo',
  failed: null,
  cancelled: null,
} as const satisfies Record<BackupSetState, string | null>;

export type BackupSetEffect = Exclude<(typeof BACKUP_SET_EFFECTS)[BackupSetState], null>;

/**
 * S4: pins of one set, at most. Each pin after the first follows a document that was gone a moment later and costs a
 * few hundred milliseconds, so the number only bounds a fence in which every moment loses another one.
 */
export const MAX_PINS = 20;

/** States in which the set still runs: nothing else may run in its cluster. */
export function isUnfinished(state: BackupSetState): boolean {
  return !['sealed', 'proved', 'failed', 'cancelled'].includes(state);
}

/** The next state; undefined where the table refuses the event. */
export function nextBackupSetState(state: BackupSetState, event: BackupSetEvent): BackupSetState | undefined {
  const cell = BACKUP_SET_TRANSITIONS[state][event];
  return cell === 'refused' ? undefined : cell;
}
