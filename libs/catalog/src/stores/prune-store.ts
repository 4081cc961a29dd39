import { LifeboatError, type ErrorReport } from '@lifeboat/kernel';
import { sql, type Kysely, type Selectable } from 'kysely';
import { jsonOrNull } from '../json.ts';
import type { Schema } from '../schema.ts';
import { PruneSession } from './prune-session.ts';

export interface PruneRow {
  readonly id: number;
  readonly beganAt: Date;
  /** All its tombstones are set. */
  readonly sweptAt: Date | null;
  /** Null while it runs, and for one that a kill has ended. */
  readonly endedAt: Date | null;
  readonly figures: unknown;
  readonly failure: ErrorReport | null;
}

/** Held by whoever deletes chunks, or must not have any deleted meanwhile. */
const PRUNE_LOCK = 0x6c62_7072n;

export class PruneStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /**
   * Does the work alone, on a connection of its own: whoever holds it is alive as long as that is.
   *
   * @throws CONFLICT while another does.
   */
  async alone<T>(work: (session: PruneSession) => Promise<T>): Promise<T> {
    return this.#database.connection().execute(async (connection) => {
      const { rows } = await sql<{ locked: boolean }>`
        select pg_try_advisory_lock(${PRUNE_LOCK}) as locked`.execute(connection);
      if (rows[0]?.locked !== true) {
        throw new LifeboatError('CONFLICT', 'a prune or a reindex is under way', {
          guidance: 'Wait until it has ended: lifeboat vault prune --status.',
        });
      }
      const session = new PruneSession(connection);
      try {
        return await work(session);
      } finally {
        // A connection that broke has given back both already.
        await session.forgetMarks().catch(() => undefined);
        await sql`select pg_advisory_unlock(${PRUNE_LOCK})`.execute(connection).catch(() => undefined);
      }
    });
  }

  async latest(): Promise<PruneRow | undefined> {
    const query = this.#database.selectFrom('prunes').selectAll().orderBy('id', 'desc').limit(1);
    const row = await query.executeTakeFirst();
    return row === undefined ? undefined : toPruneRow(row);
  }

  /** How a prune ended, for people. */
  async ended(id: number, at: Date, figures: unknown, failure: ErrorReport | null): Promise<void> {
    await this.#database
      .updateTable('prunes')
      .set({ ended_at: at, figures: jsonOrNull(figures), failure: jsonOrNull(failure) })
      .where('id', '=', id)
      .execute();
  }
}

function toPruneRow(row: Selectable<Schema['prunes']>): PruneRow {
  return {
    id: row.id,
    beganAt: row.began_at,
    sweptAt: row.swept_at,
    endedAt: row.ended_at,
    figures: row.figures,
    failure: row.failure as ErrorReport | null,
  };
}
