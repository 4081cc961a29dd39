import type { RestoreState } from './restore-state.ts';

/** Everything that can happen to a restore. SPEC.md beside this file gives each one's meaning. */
export const RESTORE_EVENTS = [
  'plan-current',
  'nodes-claimed',
  'all-staged',
  'stage-verified',
  'all-quiesced',
  'decision-durable',
  'decision-told',
  'all-switched',
  'switch-verified',
  'all-healthy',
  'undone',
  'rolled-back',
  'trouble',
  'stuck',
  'roll-back-requested',
] as const;

export type RestoreEvent = (typeof RESTORE_EVENTS)[number];

type Cell = RestoreState | 'refused';

const REFUSED: Record<RestoreEvent, Cell> = {
  'plan-current': 'refused',
  'nodes-claimed': 'refused',
  'all-staged': 'refused',
  'stage-verified': 'refused',
  'all-quiesced': 'refused',
  'decision-durable': 'refused',
  'decision-told': 'refused',
  'all-switched': 'refused',
  'switch-verified': 'refused',
  'all-healthy': 'refused',
  undone: 'refused',
  'rolled-back': 'refused',
  trouble: 'refused',
  stuck: 'refused',
  'roll-back-requested': 'refused',
};

/** R1: before the decision nothing live has changed, so every failure simply undoes the stage. */
const BEFORE_DECISION = { ...REFUSED, trouble: 'aborting', 'roll-back-requested': 'aborting' } as const;
/** R2, R3: after it every failure leads the whole cluster back to the old data. */
const AFTER_DECISION = {
  ...REFUSED,
  trouble: 'rolling-back',
  'roll-back-requested': 'rolling-back',
} as const;

/** The whole machine; no cell is left out. */
export const RESTORE_TRANSITIONS: Record<RestoreState, Record<RestoreEvent, Cell>> = {
  requested: { ...BEFORE_DECISION, 'plan-current': 'planned' },
  planned: { ...BEFORE_DECISION, 'nodes-claimed': 'staging' },
  staging: { ...BEFORE_DECISION, 'all-staged': 'staged' },
  staged: { ...BEFORE_DECISION, 'stage-verified': 'quiescing' },
  quiescing: { ...BEFORE_DECISION, 'all-quiesced': 'quiesced' },
  quiesced: { ...BEFORE_DECISION, 'decision-durable': 'decided' },
  decided: { ...AFTER_DECISION, 'decision-told': 'switching' },
  switching: { ...AFTER_DECISION, 'all-switched': 'verifying' },
  verifying: { ...AFTER_DECISION, 'switch-verified': 'reopening' },
  reopening: { ...AFTER_DECISION, 'all-healthy': 'completed' },
  // R4: the old data stay aside until finalize, so a completed restore can still go back.
  completed: { ...REFUSED, 'roll-back-requested': 'rolling-back' },
  aborting: { ...REFUSED, undone: 'aborted', trouble: 'needs-operator', stuck: 'needs-operator' },
  aborted: { ...REFUSED, 'roll-back-requested': 'aborted' },
  'rolling-back': {
    ...REFUSED,
    'rolled-back': 'rolled-back',
    trouble: 'needs-operator',
    stuck: 'needs-operator',
  },
  'rolled-back': { ...REFUSED, 'roll-back-requested': 'rolled-back' },
  // An operator has followed the runbook and asks again: the whole cluster goes back to the old data.
  'needs-operator': { ...REFUSED, 'roll-back-requested': 'rolling-back' },
};

/** What is done on entering a state; every effect is idempotent and answers with one event. */
export const RESTORE_EFFECTS = {
  requested: 'check-plan',
  planned: 'claim-nodes',
  staging: 'stage',
  staged: 'verify-stage',
  quiescing: 'quiesce',
  quiesced: 'decide',
  decided: 'tell-decision',
  switching: 'switch',
  verifying: 'verify-switch',
  reopening: 'reopen',
  completed: null,
  aborting: 'undo',
  aborted: null,
  'rolling-back': 'roll-back',
  'rolled-back': null,
  'needs-operator': null,
} as const satisfies Record<RestoreState, string | null>;

export type RestoreEffect = Exclude<(typeof RESTORE_EFFECTS)[RestoreState], null>;

/** States in which nothing more happens by itself. */
export function isRestoreAtRest(state: RestoreState): boolean {
  return RESTORE_EFFECTS[state] === null;
}

/** True from the moment a decision may exist: the restore must then be driven to one end, never dropped. */
export function isDecided(state: RestoreState): boolean {
  return ['decided', 'switching', 'verifying', 'reopening', 'completed', 'rolling-back'].includes(state);
}

/** The next state; undefined where the table refuses the event. */
export function nextRestoreState(state: RestoreState, event: RestoreEvent): RestoreState | undefined {
  const cell = RESTORE_TRANSITIONS[state][event];
  return cell === 'refused' ? undefined : cell;
}
