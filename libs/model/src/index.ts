export {
  BACKUP_SET_EFFECTS,
  BACKUP_SET_EVENTS,
  BACKUP_SET_TRANSITIONS,
  isUnfinished,
  MAX_PINS,
  nextBackupSetState,
  type BackupSetEffect,
  type BackupSetEvent,
} from './backup-set/backup-set-machine.ts';
export { BACKUP_SET_STATES, type BackupSetState } from './backup-set/backup-set-state.ts';
export type {
  ClusterDefinition,
  DatabaseDefinition,
  DocumentStoreDefinition,
  NodeDefinition,
  PathSourceDefinition,
  SearchIndexDefinition,
} from './cluster-definition.ts';
export {
  isDecided,
  isRestoreAtRest,
  nextRestoreState,
  RESTORE_EFFECTS,
  RESTORE_EVENTS,
  RESTORE_TRANSITIONS,
  type RestoreEffect,
  type RestoreEvent,
} from './restore/restore-machine.ts';
export {
  KEEP_RULES,
  type DatabaseSlice,
  type DecisionRecord,
  type KeepRule,
  type RestorePlan,
  type RestoreSlice,
  type SearchIndexSlice,
  type SignedDecision,
} from './restore/restore-plan.ts';
export { planSearchIndex } from './restore/plan-search-index.ts';
export { RESTORE_STATES, type RestoreState } from './restore/restore-state.ts';
export { deletionRefusal, type DeletableSet, type SetDeletion } from './set-deletion.ts';
export type { CaptureRecord, DatabaseRecord, SetDocument, SetFigures, TreeKind } from './set-document.ts';
export type {
  Guarantee,
  MissingDocument,
  Statement,
  StatementDatabase,
  StatementDocuments,
  StatementIndex,
  StatementNode,
  StatementSearchIndex,
  StatementTree,
} from './statement.ts';
