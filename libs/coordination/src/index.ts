export {
  expectOutcome,
  type AgentGateway,
  type AgentRequest,
  type Outcome,
  type Work,
} from './agent-gateway.ts';
export { StoreCopies } from './backup-set/store-copies.ts';
export { adoptCommitted } from './backup-set/adopt-committed.ts';
export { runBackupSet } from './backup-set/run-backup-set.ts';
export type { DatabaseDump, DatabaseOperation, DatabaseOperator, DatabasePin } from './database-operator.ts';
export { planRestore } from './restore/plan-restore.ts';
export { openRestoreRun, runRestore } from './restore/run-restore.ts';
export { finalizeRestore } from './restore/undo-restore.ts';
export type { Effects, Services, WrittenManifest } from './services.ts';
