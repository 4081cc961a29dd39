import type { Log } from '@lifeboat/kernel';
import { connect, type Connection } from './connect.ts';
import { migrate } from './migrate.ts';
import { AcknowledgementStore } from './stores/acknowledgement-store.ts';
import { AuditLog } from './stores/audit-log.ts';
import { ChunkStore } from './stores/chunk-store.ts';
import { ClusterStore } from './stores/cluster-store.ts';
import { IdempotencyStore } from './stores/idempotency-store.ts';
import { JoinTokenStore } from './stores/join-token-store.ts';
import { LeaseStore } from './stores/lease-store.ts';
import { NodeStore } from './stores/node-store.ts';
import { PackStore } from './stores/pack-store.ts';
import { PlanStore } from './stores/plan-store.ts';
import { PrincipalStore } from './stores/principal-store.ts';
import { PruneStore } from './stores/prune-store.ts';
import { ReplicaStore } from './stores/replica-store.ts';
import { RestoreStore } from './stores/restore-store.ts';
import { SetStore } from './stores/set-store.ts';

/** The index of the vault and the memory of the server, in PostgreSQL (README.md: what of it can be rebuilt). */
export class Catalog {
  readonly clusters: ClusterStore;
  readonly nodes: NodeStore;
  readonly joinTokens: JoinTokenStore;
  readonly principals: PrincipalStore;
  readonly audit: AuditLog;
  readonly packs: PackStore;
  readonly chunks: ChunkStore;
  readonly sets: SetStore;
  readonly acknowledgements: AcknowledgementStore;
  readonly plans: PlanStore;
  readonly prunes: PruneStore;
  readonly replicas: ReplicaStore;
  readonly restores: RestoreStore;
  readonly leases: LeaseStore;
  readonly idempotency: IdempotencyStore;
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    const { database } = connection;
    this.#connection = connection;
    this.clusters = new ClusterStore(database);
    this.nodes = new NodeStore(database);
    this.joinTokens = new JoinTokenStore(database);
    this.principals = new PrincipalStore(database);
    this.audit = new AuditLog(database);
    this.packs = new PackStore(database);
    this.chunks = new ChunkStore(database);
    this.sets = new SetStore(database);
    this.acknowledgements = new AcknowledgementStore(database);
    this.plans = new PlanStore(database);
    this.prunes = new PruneStore(database);
    this.replicas = new ReplicaStore(database);
    this.restores = new RestoreStore(database);
    this.leases = new LeaseStore(database);
    this.idempotency = new IdempotencyStore(database);
  }

  /**
   * Connects and migrates; any number of processes may do so at once.
   *
   * @throws DATABASE_UNREACHABLE, DATABASE_AUTHENTICATION; FORMAT_UNSUPPORTED when a newer release has migrated it.
   */
  static async open(url: string, log: Log): Promise<Catalog> {
    const connection = await connect(url, log);
    try {
      await migrate(connection.database, connection.pool, log);
    } catch (error) {
      await connection.database.destroy();
      throw error;
    }
    return new Catalog(connection);
  }

  /** Does the database answer? For health checks; throws what the driver throws. */
  async ping(): Promise<void> {
    await this.#connection.pool.query('select 1');
  }

  async close(): Promise<void> {
    await this.#connection.database.destroy();
  }
}
