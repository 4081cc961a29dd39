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
export {
  isPinned,
  judgeRetention,
  type Pin,
  type RetainableSet,
  type RetentionReason,
  type RetentionVerdict,
} from './retention/judge-retention.ts';
export { isLargeDrop } from './retention/large-drop.ts';
export { RETENTION_RULES, type RetentionPolicy, type RetentionRule } from './retention/retention-policy.ts';
export {
  simulateRetention,
  type RetentionSimulation,
  type SimulatedDay,
} from './retention/simulate-retention.ts';
export { dueRun, nextRuns, type DueRun } from './schedule/due-run.ts';
export { assertSchedule } from './schedule/occurrences.ts';
export { DEFAULT_TIME_ZONE, MAX_JITTER_SECONDS, type Schedule } from './schedule/schedule.ts';
export { parseWindow } from './schedule/window.ts';
export { deletionRefusal, type DeletableSet, type SetDeletion, type SetUse } from './set-deletion.ts';
export type { LossAcknowledgement } from './loss-acknowledgement.ts';
export { lossesOf } from './losses-of.ts';
export type { CaptureRecord, DatabaseRecord, SetDocument, SetFigures, TreeKind } from './set-document.ts';
export type {
  Guarantee,
  MissingDocument,
  Statement,
  StatementDatabase,
  StatementDocuments,
  StatementIndex,
  WrongSizeDocument,
  StatementNode,
  StatementSearchIndex,
  StatementTree,
} from './statement.ts';
