export type { Ingest } from './ingest/ingest.ts';
export type { CheckReport, DataReport, ServedCheckReport } from './maintenance/check.ts';
export type { Finding } from './maintenance/finding.ts';
export { ProofGate } from './maintenance/proof-gate.ts';
export { ProofWorkers } from './maintenance/proof-workers.ts';
export type {
  PruneOptions,
  PrunePhase,
  PruneProgress,
  PruneReport,
} from './maintenance/prune/prune-report.ts';
export type { ProofReport, RenewalReport } from './maintenance/prover.ts';
export {
  nodeRecordOf,
  type ClusterRecord,
  type NodeRecord,
  type ReindexReport,
} from './maintenance/reindex.ts';
export type {
  HitSet,
  RepairItem,
  RepairOptions,
  RepairPhase,
  RepairProgress,
  RepairReport,
} from './maintenance/repair/repair-report.ts';
export type { Closure } from './read/closure.ts';
export type { Difference } from './read/diff-manifests.ts';
export type { Child, DirectoryPage, DirectoryQuery } from './read/list-directory.ts';
export type { OnChunk, SealedChunk } from './read/read-chunks.ts';
export type { ReplicaTarget } from './replica/replica-target.ts';
export type { Replica, ReplicaLag, ReplicaPass } from './replica/replica.ts';
export type { StoredSetDocument } from './records/set-documents.ts';
export { Vault, type VaultOptions } from './vault.ts';
