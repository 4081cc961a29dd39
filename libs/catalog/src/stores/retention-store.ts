import type { ClusterId, SetId } from '@lifeboat/kernel';
import type { BackupSetState, Guarantee, Pin } from '@lifeboat/model';
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** That a policy has let go of a set, which is deleted when it has waited long enough. */
export interface DropRow {
  readonly at: Date;
  readonly reason: string;
  /** How long servers have run since. */
  readonly waitedSeconds: number;
}

/** A sealed set, without what it holds. */
export interface RetainedSetRow {
  readonly id: SetId;
  readonly sequence: number;
  readonly state: BackupSetState;
  readonly guarantee: Guarantee;
  readonly at: Date;
  readonly pin: Pin | null;
  readonly drop: DropRow | null;
}

/** The pin in a row that pins were joined to. */
export function pinIn(row: {
  readonly pin_reason: string | null;
  readonly pinned_by: string | null;
  readonly pinned_at: Date | null;
  readonly until: Date | null;
}): Pin | null {
  const { pin_reason: reason, pinned_by: by, pinned_at: at, until } = row;
  return reason === null || by === null || at === null ? null : { reason, by, at, until };
}

/** Pins, and sets that a policy has let go of. */
export class RetentionStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Every sealed set of a cluster that is there, newest first. */
  async sets(cluster: ClusterId): Promise<RetainedSetRow[]> {
    const rows = await this.#database
      .selectFrom('sets')
      .leftJoin('pins', 'pins.set', 'sets.id')
      .leftJoin('drops', 'drops.set', 'sets.id')
      .select(['sets.id', 'sets.sequence', 'sets.state', 'sets.guarantee', 'sets.requested_at'])
      .select(['pins.reason as pin_reason', 'pinned_by', 'pinned_at', 'until'])
      .select(['drops.reason as drop_reason', 'dropped_at', 'waited_seconds'])
      .where('sets.cluster', '=', cluster)
      .where('sets.document', 'is not', null)
      .orderBy('sets.sequence', 'desc')
      .execute();
    return rows.map((row) => ({
      id: row.id as SetId,
      sequence: row.sequence!,
      state: row.state as BackupSetState,
      guarantee: row.guarantee as Guarantee,
      at: row.requested_at,
      pin: pinIn(row),
      drop:
        row.dropped_at === null
          ? null
          : { at: row.dropped_at, reason: row.drop_reason!, waitedSeconds: row.waited_seconds! },
    }));
  }

  /** Undefined: it has none. */
  async pinOf(set: SetId): Promise<Pin | undefined> {
    const row = await this.#database.selectFrom('pins').selectAll().where('set', '=', set).executeTakeFirst();
    return row && { reason: row.reason, by: row.pinned_by, at: row.pinned_at, until: row.until };
  }

  /** Takes the place of a pin that is there. */
  async pin(set: SetId, { reason, by, at, until }: Pin): Promise<void> {
    const pin = { reason, pinned_by: by, pinned_at: at, until };
    await this.#database
      .insertInto('pins')
      .values({ set, ...pin })
      .onConflict((conflict) => conflict.column('set').doUpdateSet(pin))
      .execute();
  }

  async unpin(set: SetId): Promise<void> {
    await this.#database.deleteFrom('pins').where('set', '=', set).execute();
  }

  async drop(set: SetId, at: Date, reason: string): Promise<void> {
    await this.#database
      .insertInto('drops')
      .values({ set, dropped_at: at, reason })
      .onConflict((conflict) => conflict.column('set').doNothing())
      .execute();
  }

  async spare(sets: readonly SetId[]): Promise<void> {
    if (sets.length > 0)
      await this.#database
        .deleteFrom('drops')
        .where('set', 'in', [...sets])
        .execute();
  }

  /** So long servers have run since these sets were dropped, or since this was last said. */
  async waited(sets: readonly SetId[], seconds: number): Promise<void> {
    if (sets.length === 0) return;
    await this.#database
      .updateTable('drops')
      .set({ waited_seconds: sql<number>`waited_seconds + ${seconds}` })
      .where('set', 'in', [...sets])
      .execute();
  }
}
