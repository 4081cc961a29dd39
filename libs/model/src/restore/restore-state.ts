/** Every state of a restore, in the order in which one passes through them (SPEC.md beside this file). */
export const RESTORE_STATES = [
  'requested',
  'planned',
  'staging',
  'staged',
  'quiescing',
  'quiesced',
  'decided',
  'switching',
  'verifying',
  'reopening',
  'completed',
  'aborting',
  'aborted',
  'rolling-back',
  'rolled-back',
  'needs-operator',
] as const;

export type RestoreState = (typeof RESTORE_STATES)[number];
