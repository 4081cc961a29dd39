export { Catalog } from './catalog.ts';
export { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/embedded-postgres.ts';
export { AuditLog, type AuditEntry, type AuditRow } from './stores/audit-log.ts';
export {
  ChunkStore,
  MAX_IDS,
  type ChunkRecord,
  type ChunkTotals,
  type FramePlaces,
  type LocatedChunk,
} from './stores/chunk-store.ts';
export { ClusterStore, type ClusterRow } from './stores/cluster-store.ts';
export { IdempotencyStore } from './stores/idempotency-store.ts';
export { JoinTokenStore } from './stores/join-token-store.ts';
export { LeaseStore } from './stores/lease-store.ts';
export { NodeStore, type NodeRow } from './stores/node-store.ts';
export { PackStore, type PackRow, type PackTotals, type ProofTotals } from './stores/pack-store.ts';
export { PlanStore } from './stores/plan-store.ts';
export { PrincipalStore, type Principal } from './stores/principal-store.ts';
export {
  PruneSession,
  type NeededFrame,
  type PackWeight,
  type PruneBegin,
  type RipeOf,
  type SweptPrune,
} from './stores/prune-session.ts';
export { PruneStore, type PruneRow } from './stores/prune-store.ts';
export { ReplicaStore, type PackBehind } from './stores/replica-store.ts';
export {
  RestoreStore,
  type RestorePatch,
  type RestoreRow,
  type RestoreStep,
} from './stores/restore-store.ts';
export { RetentionStore, type DropRow, type RetainedSetRow } from './stores/retention-store.ts';
export { ScheduleStore, type ScheduleRow } from './stores/schedule-store.ts';
export {
  SetStore,
  type DeletedSetRow,
  type SealedSet,
  type SetPatch,
  type SetRow,
} from './stores/set-store.ts';
