import type { ColumnType, Generated } from 'kysely';

/**
 * The tables as Kysely sees them; `migrations/` makes them and `schema.golden.txt` is what they come to.
 * uuid is text here, bytea a Buffer, bigint a bigint, json anything that JSON can say.
 */
export interface Schema {
  clusters: ClustersTable;
  nodes: NodesTable;
  join_tokens: JoinTokensTable;
  principals: PrincipalsTable;
  audit: AuditTable;
  packs: PacksTable;
  chunks: ChunksTable;
  sets: SetsTable;
  plans: PlansTable;
  restores: RestoresTable;
  restore_steps: RestoreStepsTable;
  leases: LeasesTable;
  idempotency_keys: IdempotencyKeysTable;
  prunes: PrunesTable;
  bases: BasesTable;
  orphans: OrphansTable;
  replicated: ReplicatedTable;
  acknowledgements: AcknowledgementsTable;
  acknowledged_losses: AcknowledgedLossesTable;
}

/** Written as JSON text, read parsed. */
type Json = ColumnType<unknown, string, string>;
type NullableJson = ColumnType<unknown, string | null | undefined, string | null>;
type GeneratedTime = ColumnType<Date, Date | undefined, Date>;

interface ClustersTable {
  id: string;
  name: string;
  definition: Json;
  created_at: GeneratedTime;
  /** Always 1, and read by nobody: key epochs are the vault's, and its key file knows them. */
  key_epoch: Generated<number>;
  next_sequence: Generated<number>;
}

interface NodesTable {
  cluster: string;
  id: string;
  name: string;
  state: 'joined' | 'revoked';
  serial: string | null;
  previous_serial: string | null;
  previous_serial_until: Date | null;
  machine_id: string | null;
  certificate_not_after: Date | null;
  last_seen_at: Date | null;
  agent_version: string | null;
  joined_at: GeneratedTime;
}

interface JoinTokensTable {
  hash: Buffer;
  cluster: string;
  node: string;
  created_at: GeneratedTime;
  expires_at: Date;
  used_at: Date | null;
}

interface PrincipalsTable {
  id: string;
  name: string;
  role: string;
  token_hash: Buffer;
  created_at: GeneratedTime;
}

interface AuditTable {
  /** 1, 2, 3… without gaps. */
  id: bigint;
  at: Date;
  principal: string;
  action: string;
  cluster: string | null;
  subject: string | null;
  outcome: string;
  /** JSON text, kept as it was hashed. */
  detail: string | null;
  previous: Buffer;
  hash: Buffer;
}

interface PacksTable {
  id: Generated<bigint>;
  cluster: string;
  file: string | null;
  name: string | null;
  bytes: bigint | null;
  opened_at: GeneratedTime;
  closed_at: Date | null;
  proved_at: Date | null;
  poisoned_at: Date | null;
  /** The epoch: never. */
  tried_at: GeneratedTime;
  poison_reason: string | null;
}

interface ChunksTable {
  cluster: string;
  id: Buffer;
  sender: string;
  pack: bigint;
  offset: number;
  length: number;
  raw_length: number;
  type: number;
  poisoned: Generated<boolean>;
  /** Number of a prune; 0: it lives. */
  tombstone: Generated<number>;
}

interface SetsTable {
  id: string;
  cluster: string;
  state: string;
  sequence: number | null;
  guarantee: string | null;
  requested_at: GeneratedTime;
  requested_by: string;
  idempotency_key: string | null;
  sealed_at: Date | null;
  proved_at: Date | null;
  failure: NullableJson;
  progress: NullableJson;
  figures: NullableJson;
  document: NullableJson;
  document_name: string | null;
  document_hash: string | null;
  deleted_at: Date | null;
  deleted_by: string | null;
  deletion_reason: string | null;
  began: Generated<bigint>;
  deleted: bigint | null;
}

interface PlansTable {
  id: string;
  cluster: string;
  set: string;
  plan: Json;
  created_at: GeneratedTime;
}

interface RestoresTable {
  id: string;
  plan: string;
  cluster: string;
  set: string;
  state: string;
  requested_at: GeneratedTime;
  requested_by: string;
  finished_at: Date | null;
  decision: NullableJson;
  progress: NullableJson;
  figures: NullableJson;
  failure: NullableJson;
  began: Generated<bigint>;
}

interface RestoreStepsTable {
  restore: string;
  number: Generated<bigint>;
  at: GeneratedTime;
  step: string;
  detail: NullableJson;
}

interface LeasesTable {
  name: string;
  owner: string;
  epoch: bigint;
  expires_at: Date;
}

interface IdempotencyKeysTable {
  principal: string;
  key: string;
  fingerprint: string | null;
  claim: string | null;
  claimed_until: Date | null;
  result: NullableJson;
  done: Generated<boolean>;
  created_at: GeneratedTime;
}

interface PrunesTable {
  id: Generated<number>;
  began: bigint;
  began_at: Date;
  swept: bigint | null;
  swept_at: Date | null;
  ended_at: Date | null;
  figures: NullableJson;
  failure: NullableJson;
}

interface BasesTable {
  cluster: string;
  root: Buffer;
  touched: Generated<bigint>;
}

interface OrphansTable {
  name: string;
  prune: number;
}

interface ReplicatedTable {
  replica: string;
  blob: string;
  verified_at: Date;
}

interface AcknowledgementsTable {
  set: string;
  cluster: string;
  sequence: number;
  acknowledged_at: Date;
  acknowledged_by: string;
  reason: string;
}

interface AcknowledgedLossesTable {
  cluster: string;
  path: string;
  /** Of the newest set for which it was acknowledged. */
  sequence: number;
}
