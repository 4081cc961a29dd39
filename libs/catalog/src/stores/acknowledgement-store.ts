import type { ClusterId, SetId } from '@lifeboat/kernel';
import { lossesOf, type LossAcknowledgement, type SetDocument } from '@lifeboat/model';
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

export interface AcknowledgementRow {
  readonly acknowledgedAt: Date;
  readonly acknowledgedBy: string;
  readonly reason: string;
}

/** Losses of documents that somebody took note of. */
export class AcknowledgementStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** What the vault's record says. Repeating it changes nothing; the latest reason holds. */
  async record(acknowledgement: LossAcknowledgement): Promise<void> {
    const { set, cluster, sequence, losses, reason } = acknowledgement;
    const said = {
      acknowledged_at: new Date(acknowledgement.acknowledgedAt),
      acknowledged_by: acknowledgement.acknowledgedBy,
      reason,
    };
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('acknowledgements')
        .values({ set, cluster: cluster.id, sequence, ...said })
        .onConflict((conflict) => conflict.column('set').doUpdateSet(said))
        .execute();
      await sql`
        insert into acknowledged_losses (cluster, path, sequence)
        select ${cluster.id}::uuid, path, ${sequence}::integer from unnest(${losses}::text[]) as path
        on conflict (cluster, path) do update
          set sequence = greatest(acknowledged_losses.sequence, excluded.sequence)`.execute(transaction);
    });
  }

  async ofSet(set: SetId): Promise<AcknowledgementRow | undefined> {
    const row = await this.#database
      .selectFrom('acknowledgements')
      .selectAll()
      .where('set', '=', set)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { acknowledged_at, acknowledged_by, reason } = row;
    return { acknowledgedAt: acknowledged_at, acknowledgedBy: acknowledged_by, reason };
  }

  /** Expected paths of the losses that are acknowledged. */
  async losses(cluster: ClusterId): Promise<ReadonlySet<string>> {
    const rows = await this.#database
      .selectFrom('acknowledged_losses')
      .select('path')
      .where('cluster', '=', cluster)
      .execute();
    return new Set(rows.map(({ path }) => path));
  }
}

/** What an earlier set lost and this one has again is no loss to be accepted any more, should it be lost once more. */
export async function settleAcknowledgements(
  database: Kysely<Schema>,
  { cluster, sequence, statement }: SetDocument,
): Promise<void> {
  if (statement.documents === null) return;
  await sql`
    delete from acknowledged_losses
    where cluster = ${cluster.id} and sequence < ${sequence}
      and not (path = any (${lossesOf(statement.documents)}::text[]))`.execute(database);
}
