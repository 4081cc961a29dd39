import type { Catalog } from '@lifeboat/catalog';
import type { KeyRotation } from '@lifeboat/console-api';
import type { Services } from '@lifeboat/coordination';
import type { CertificateAuthority } from '@lifeboat/identity';
import type { Metrics } from '@lifeboat/runtime';

import type { AgentHub } from './agents/agent-hub.ts';
import type { ProofRenewals } from './operations/proof-renewals.ts';
import type { PruneOperations } from './operations/prune-operations.ts';
import type { ReplicaOperations } from './operations/replica-operations.ts';
import type { RetentionOperations } from './operations/retention-operations.ts';
import type { ScheduleOperations } from './operations/schedule-operations.ts';
import type { RepairOperations } from './operations/repair-operations.ts';
import type { RestoreOperations } from './operations/restore-operations.ts';
import type { SetOperations } from './operations/set-operations.ts';

/** Everything that a running server is made of, as its routes see it. */
export interface ServerContext {
  readonly services: Services;
  readonly catalog: Catalog;
  readonly hub: AgentHub;
  readonly authority: CertificateAuthority;
  readonly sets: SetOperations;
  readonly restores: RestoreOperations;
  readonly prunes: PruneOperations;
  readonly proofs: ProofRenewals;
  readonly repairs: RepairOperations;
  readonly replicas: ReplicaOperations;
  readonly retention: RetentionOperations;
  readonly schedules: ScheduleOperations;
  readonly metrics: Metrics;
  readonly rotateKeys: () => Promise<KeyRotation>;
  /** Where the vault is, without credentials. */
  readonly vaultLocation: string;
  /** host:port that agents are told to dial. */
  readonly grpcAddress: () => string;
}
