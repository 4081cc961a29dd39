import type { PackName } from '@lifeboat/kernel';
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

export interface PackBehind {
  readonly id: bigint;
  readonly name: PackName;
}

/** What of the vault a replica is known to hold: copied there, and read back. Replicas are told apart by where they lie. */
export class ReplicaStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async verified(replica: string, blob: string, at: Date): Promise<void> {
    await this.#database
      .insertInto('replicated')
      .values({ replica, blob, verified_at: at })
      .onConflict((conflict) => conflict.columns(['replica', 'blob']).doUpdateSet({ verified_at: at }))
      .execute();
  }

  async forget(replica: string, blob: string): Promise<void> {
    await this.#database
      .deleteFrom('replicated')
      .where('replica', '=', replica)
      .where('blob', '=', blob)
      .execute();
  }

  /** Those of these blobs that it is not known to hold, in the order given. */
  async lacking(replica: string, blobs: readonly string[]): Promise<string[]> {
    const { rows } = await sql<{ blob: string }>`
      select blob from unnest(${blobs}::text[]) with ordinality as named (blob, place)
      where not exists (
        select from replicated where replicated.replica = ${replica} and replicated.blob = named.blob)
      order by place`.execute(this.#database);
    return rows.map(({ blob }) => blob);
  }

  /** Closed packs that it is not known to hold, by number. Begin with 0n. */
  async packsBehind(replica: string, after: bigint, limit: number): Promise<PackBehind[]> {
    const { rows } = await sql<PackBehind>`
      select id, name from packs
      where closed_at is not null and id > ${after} and ${isBehind(replica)}
      order by id limit ${limit}`.execute(this.#database);
    return rows;
  }

  async lag(replica: string): Promise<{ readonly packs: number; readonly bytes: number }> {
    const { rows } = await sql<{ packs: bigint; bytes: bigint }>`
      select count(*) as packs, coalesce(sum(bytes), 0)::bigint as bytes from packs
      where closed_at is not null and ${isBehind(replica)}`.execute(this.#database);
    return { packs: Number(rows[0]!.packs), bytes: Number(rows[0]!.bytes) };
  }
}

/** Of a pack's row, whose blob is named by its name. */
function isBehind(replica: string) {
  return sql`not exists (
    select from replicated
    where replicated.replica = ${replica}
      and replicated.blob = 'packs/' || left(packs.name, 2) || '/' || packs.name)`;
}
