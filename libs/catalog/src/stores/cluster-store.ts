import type { ClusterId } from '@lifeboat/kernel';
import type { ClusterDefinition } from '@lifeboat/model';
import type { Kysely, Selectable } from 'kysely';
import type { Schema } from '../schema.ts';

export interface ClusterRow {
  readonly id: ClusterId;
  readonly name: string;
  readonly definition: ClusterDefinition;
  readonly createdAt: Date;
  /** The sequence that the next sealed set gets. */
  readonly nextSequence: number;
}

export class ClusterStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Makes the cluster, or gives the one of that name a new definition; it keeps the id it has. */
  async apply(id: ClusterId, definition: ClusterDefinition): Promise<ClusterRow> {
    const text = JSON.stringify(definition);
    const row = await this.#database
      .insertInto('clusters')
      .values({ id, name: definition.cluster, definition: text })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ definition: text }))
      .returningAll()
      .executeTakeFirstOrThrow();
    return toClusterRow(row);
  }

  async list(): Promise<ClusterRow[]> {
    const rows = await this.#database.selectFrom('clusters').selectAll().orderBy('name').execute();
    return rows.map(toClusterRow);
  }

  async byName(name: string): Promise<ClusterRow | undefined> {
    const query = this.#database.selectFrom('clusters').selectAll().where('name', '=', name);
    return optional(await query.executeTakeFirst());
  }

  async byId(id: ClusterId): Promise<ClusterRow | undefined> {
    const query = this.#database.selectFrom('clusters').selectAll().where('id', '=', id);
    return optional(await query.executeTakeFirst());
  }
}

type Row = Selectable<Schema['clusters']>;

function optional(row: Row | undefined): ClusterRow | undefined {
  return row === undefined ? undefined : toClusterRow(row);
}

function toClusterRow(row: Row): ClusterRow {
  return {
    id: row.id as ClusterId,
    name: row.name,
    definition: row.definition as ClusterDefinition,
    createdAt: row.created_at,
    nextSequence: row.next_sequence,
  };
}
