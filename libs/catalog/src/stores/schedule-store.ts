import type { ClusterId, SetId } from '@lifeboat/kernel';
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

export interface ScheduleRow {
  /** Up to which instant runs were begun or given up. */
  readonly settledAt: Date;
  /** When its last set was begun, and which; null: none yet. */
  readonly beganAt: Date | null;
  readonly beganSet: SetId | null;
  /** Runs that nobody began in time, since the schedule was made. */
  readonly missed: number;
}

/** How far schedules have come. */
export class ScheduleStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async get(cluster: ClusterId): Promise<ScheduleRow | undefined> {
    const row = await this.#database
      .selectFrom('schedules')
      .selectAll()
      .where('cluster', '=', cluster)
      .executeTakeFirst();
    return (
      row && {
        settledAt: row.settled_at,
        beganAt: row.began_at,
        beganSet: row.began_set as SetId | null,
        missed: Number(row.missed),
      }
    );
  }

  /** A schedule begins here: nothing before is missed. */
  async begin(cluster: ClusterId, at: Date): Promise<void> {
    await this.#database
      .insertInto('schedules')
      .values({ cluster, settled_at: at })
      .onConflict((conflict) => conflict.column('cluster').doUpdateSet({ settled_at: at }))
      .execute();
  }

  /** Runs up to `settledAt` are done with; `began`, by this set. */
  async settle(
    cluster: ClusterId,
    settledAt: Date,
    missed: number,
    began?: { readonly at: Date; readonly set: SetId },
  ): Promise<void> {
    await this.#database
      .updateTable('schedules')
      .set({
        settled_at: settledAt,
        missed: sql<bigint>`missed + ${missed}`,
        ...(began !== undefined && { began_at: began.at, began_set: began.set }),
      })
      .where('cluster', '=', cluster)
      .execute();
  }

  async remove(cluster: ClusterId): Promise<void> {
    await this.#database.deleteFrom('schedules').where('cluster', '=', cluster).execute();
  }
}
