export {
  holdReplica,
  type HeldIndex,
  type HeldReplica,
  type HoldReplicaOptions,
  type LeftOut,
} from './hold-replica.ts';
export type { Commit, CommittedFile } from './lucene/read-commit.ts';
export { VerifiedFiles } from './lucene/verify-file.ts';
