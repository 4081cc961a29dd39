import { LifeboatError, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { Schema } from '../schema.ts';

export interface NodeRow {
  readonly id: NodeId;
  readonly cluster: ClusterId;
  readonly name: string;
  readonly state: 'joined' | 'revoked';
  /** Of its certificate, lower-case hex. */
  readonly serial: string | null;
  readonly machineId: string | null;
  readonly certificateNotAfter: Date | null;
  readonly lastSeenAt: Date | null;
  readonly agentVersion: string | null;
  readonly joinedAt: Date;
}

export class NodeStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /**
   * A new node, or one that joins again: that keeps the id it has, and its old certificate ends at once. The answer
   * says which id holds.
   */
  async join(node: {
    id: NodeId;
    cluster: ClusterId;
    name: string;
    serial: string;
    machineId: string | null;
    notAfter: Date;
  }): Promise<NodeRow> {
    const identity = {
      state: 'joined' as const,
      serial: node.serial,
      previous_serial: null,
      previous_serial_until: null,
      machine_id: node.machineId,
      certificate_not_after: node.notAfter,
    };
    const row = await this.#database
      .insertInto('nodes')
      .values({ id: node.id, cluster: node.cluster, name: node.name, ...identity })
      .onConflict((conflict) =>
        conflict.columns(['cluster', 'name']).doUpdateSet({ ...identity, joined_at: sql<Date>`now()` }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
    return toNodeRow(row);
  }

  /** Not a single node: a catalog that is new, or was lost. */
  async isEmpty(): Promise<boolean> {
    return (await this.#database.selectFrom('nodes').select('id').limit(1).execute()).length === 0;
  }

  async byName(cluster: ClusterId, name: string): Promise<NodeRow | undefined> {
    const row = await this.#of(cluster).where('name', '=', name).executeTakeFirst();
    return row === undefined ? undefined : toNodeRow(row);
  }

  async byId(cluster: ClusterId, id: NodeId): Promise<NodeRow | undefined> {
    const row = await this.#of(cluster).where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toNodeRow(row);
  }

  async list(cluster: ClusterId): Promise<NodeRow[]> {
    return (await this.#of(cluster).orderBy('name').execute()).map(toNodeRow);
  }

  async seen(
    cluster: ClusterId,
    id: NodeId,
    facts: { agentVersion: string; machineId: string | null },
  ): Promise<void> {
    await this.#update(cluster, id)
      .set({ last_seen_at: sql<Date>`now()`, agent_version: facts.agentVersion, machine_id: facts.machineId })
      .execute();
  }

  async alive(cluster: ClusterId, id: NodeId): Promise<void> {
    await this.#update(cluster, id)
      .set({ last_seen_at: sql<Date>`now()` })
      .execute();
  }

  /**
   * The node's next certificate; the one it had stays good for 10 minutes, for the calls already under way.
   *
   * @throws CERTIFICATE_REVOKED
   */
  async renew(cluster: ClusterId, id: NodeId, serial: string, notAfter: Date): Promise<void> {
    const { numUpdatedRows } = await this.#update(cluster, id)
      .set((row) => ({
        previous_serial: row.ref('serial'),
        previous_serial_until: sql<Date>`now() + interval '10 minutes'`,
        serial,
        certificate_not_after: notAfter,
      }))
      .where('state', '=', 'joined')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      throw new LifeboatError(
        'CERTIFICATE_REVOKED',
        'the node may not renew its certificate: it is revoked',
        {
          guidance: 'Let it join again with a new token, if it shall come back.',
        },
      );
    }
  }

  /** @throws NOT_FOUND */
  async revoke(cluster: ClusterId, id: NodeId): Promise<void> {
    const { numUpdatedRows } = await this.#update(cluster, id)
      .set({ state: 'revoked', previous_serial: null, previous_serial_until: null })
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new LifeboatError('NOT_FOUND', 'the cluster has no such node');
  }

  /** May a certificate with this serial speak for the node now? */
  async isCurrent(cluster: ClusterId, id: NodeId, serial: string): Promise<boolean> {
    const row = await this.#of(cluster)
      .where('id', '=', id)
      .where('state', '=', 'joined')
      .where((column) =>
        column.or([
          column('serial', '=', serial),
          column.and([
            column('previous_serial', '=', serial),
            column('previous_serial_until', '>', sql<Date>`now()`),
          ]),
        ]),
      )
      .executeTakeFirst();
    return row !== undefined;
  }

  #of(cluster: ClusterId) {
    return this.#database.selectFrom('nodes').selectAll().where('cluster', '=', cluster);
  }

  #update(cluster: ClusterId, id: NodeId) {
    return this.#database.updateTable('nodes').where('cluster', '=', cluster).where('id', '=', id);
  }
}

function toNodeRow(row: Selectable<Schema['nodes']>): NodeRow {
  return {
    id: row.id as NodeId,
    cluster: row.cluster as ClusterId,
    name: row.name,
    state: row.state,
    serial: row.serial,
    machineId: row.machine_id,
    certificateNotAfter: row.certificate_not_after,
    lastSeenAt: row.last_seen_at,
    agentVersion: row.agent_version,
    joinedAt: row.joined_at,
  };
}
