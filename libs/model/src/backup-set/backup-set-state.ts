/** Every state of a backup set, in the order in which a set passes through them (SPEC.md beside this file). */
export const BACKUP_SET_STATES = [
  'requested',
  'leasing',
  'precopying',
  'armed',
  'pinned',
  'checking',
  'dumping',
  'closing',
  'sealing',
  'sealed',
  'proved',
  'failing',
  'failed',
  'cancelled',
] as const;

export type BackupSetState = (typeof BACKUP_SET_STATES)[number];
