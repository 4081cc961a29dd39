export { BACKUP_SET_STATES, type BackupSetState } from './backup-set/backup-set-state.ts';
export type {
  ClusterDefinition,
  DatabaseDefinition,
  DocumentStoreDefinition,
  NodeDefinition,
  PathSourceDefinition,
} from './cluster-definition.ts';
export { RESTORE_STATES, type RestoreState } from './restore/restore-state.ts';
export type {
  DatabaseSlice,
  DecisionRecord,
  RestorePlan,
  RestoreSlice,
  SignedDecision,
} from './restore/restore-plan.ts';
export type { CaptureRecord, DatabaseRecord, SetDocument, TreeKind } from './set-document.ts';
export type {
  Guarantee,
  MissingDocument,
  Statement,
  StatementDatabase,
  StatementDocuments,
  StatementNode,
  StatementTree,
} from './statement.ts';
