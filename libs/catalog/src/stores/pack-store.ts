import { LifeboatError, type ClusterId, type PackName } from '@lifeboat/kernel';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { Schema } from '../schema.ts';

export interface PackRow {
  readonly id: bigint;
  readonly cluster: ClusterId;
  /** Name of the append-only file in the server's work directory; null once closed. */
  readonly file: string | null;
  /** Null while open. */
  readonly name: PackName | null;
  readonly bytes: number | null;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly provedAt: Date | null;
  readonly poisonedAt: Date | null;
  readonly poisonReason: string | null;
  /** When it was last read back, whatever came of it; the epoch: never. */
  readonly triedAt: Date;
}

export interface PackTotals {
  readonly open: number;
  readonly closed: number;
  readonly proved: number;
  readonly poisoned: number;
  /** Of closed packs. */
  readonly bytes: number;
}

export interface ProofTotals {
  /** Closed packs that were not read back since, and their bytes. */
  readonly left: { readonly packs: number; readonly bytes: number };
  /** Closed packs without a proof. */
  readonly unproved: number;
  /** Of the closed packs that have one; null: none has. */
  readonly oldestProof: Date | null;
}

/** Packs, open and closed. A pack's number never changes; its name is known when it is closed. */
export class PackStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async open(pack: { cluster: ClusterId; file: string }): Promise<bigint> {
    const { id } = await this.#database
      .insertInto('packs')
      .values({ cluster: pack.cluster, file: pack.file })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** Idempotent for the same name. @throws CONFLICT when the pack is not open, or is closed under another name. */
  async close(id: bigint, name: PackName, bytes: number): Promise<void> {
    const { numUpdatedRows } = await this.#database
      .updateTable('packs')
      .set({
        name,
        bytes: BigInt(bytes),
        file: null,
        closed_at: sql<Date>`coalesce(closed_at, now())`,
      })
      .where('id', '=', id)
      .where((row) => row.or([row('name', 'is', null), row('name', '=', name)]))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      throw new LifeboatError('CONFLICT', `pack ${id} is not open`, { context: { pack: String(id), name } });
    }
  }

  /** A closed pack met in the vault (reindex): its number, new or known. */
  async adopt(pack: { cluster: ClusterId; name: PackName; bytes: number }): Promise<bigint> {
    const { id } = await this.#database
      .insertInto('packs')
      .values({
        cluster: pack.cluster,
        file: null,
        name: pack.name,
        bytes: BigInt(pack.bytes),
        closed_at: new Date(),
      })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ bytes: BigInt(pack.bytes) }))
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /** Its bytes were read back from the vault and are what they should be. A poisoned pack stays poisoned. */
  async prove(id: bigint, at: Date): Promise<void> {
    await this.#database
      .updateTable('packs')
      .set({ proved_at: sql<Date>`case when poisoned_at is null then ${at}::timestamptz end`, tried_at: at })
      .where('id', '=', id)
      .where('closed_at', 'is not', null)
      .execute();
  }

  /** Read back, it was not what it should be: it has no proof any more, and the next proof of the unproved judges it. */
  async doubt(id: bigint, at: Date): Promise<void> {
    await this.#database
      .updateTable('packs')
      .set({ proved_at: null, tried_at: at })
      .where('id', '=', id)
      .execute();
  }

  /** From now on none of its chunks counts as kept: nodes are asked for them again. The first reason stays. */
  async poison(id: bigint, reason: string): Promise<void> {
    await this.#database
      .updateTable('packs')
      .set({ poisoned_at: sql<Date>`now()`, poison_reason: reason, proved_at: null })
      .where('id', '=', id)
      .where('poisoned_at', 'is', null)
      .execute();
  }

  /** It was read once more and is what it should be after all: nothing of it is poisoned any more. */
  async heal(id: bigint, at: Date): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .updateTable('packs')
        .set({ poisoned_at: null, poison_reason: null, proved_at: at })
        .where('id', '=', id)
        .where('closed_at', 'is not', null)
        .execute();
      const poisoned = transaction
        .updateTable('chunks')
        .set({ poisoned: false })
        .where('poisoned', '=', true);
      await poisoned.where('pack', '=', id).execute();
    });
  }

  /** Its bytes are not what they were when they were proved: nothing counts as proved for lying in it. */
  async unprove(id: bigint): Promise<void> {
    await this.#database.updateTable('packs').set({ proved_at: null }).where('id', '=', id).execute();
  }

  /** Forgets a pack and its chunks: its bytes are gone (an open pack's file was lost, or held nothing). */
  async remove(id: bigint): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('chunks').where('pack', '=', id).execute();
      await transaction.deleteFrom('packs').where('id', '=', id).execute();
    });
  }

  async openOnes(cluster?: ClusterId): Promise<PackRow[]> {
    let query = this.#database.selectFrom('packs').selectAll().where('closed_at', 'is', null).orderBy('id');
    if (cluster !== undefined) query = query.where('cluster', '=', cluster);
    return (await query.execute()).map(toPackRow);
  }

  async byId(id: bigint): Promise<PackRow | undefined> {
    const row = await this.#database.selectFrom('packs').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toPackRow(row);
  }

  async byName(name: PackName): Promise<PackRow | undefined> {
    const query = this.#database.selectFrom('packs').selectAll().where('name', '=', name);
    const row = await query.executeTakeFirst();
    return row === undefined ? undefined : toPackRow(row);
  }

  /** A page of the closed packs by number, the poisoned ones too. Begin with 0n. */
  async listClosed(afterId: bigint, limit: number): Promise<PackRow[]> {
    return (await this.#closedAfter(afterId, limit).execute()).map(toPackRow);
  }

  /** A page of the closed packs that wait for their proof; `poisoned`: those too that failed one. */
  async listUnproved(afterId: bigint, limit: number, { poisoned = false } = {}): Promise<PackRow[]> {
    const query = this.#closedAfter(afterId, limit).where('proved_at', 'is', null);
    return (await (poisoned ? query : query.where('poisoned_at', 'is', null)).execute()).map(toPackRow);
  }

  /** A page of the closed packs not read back since `before`, those read longest ago first, the poisoned ones too. */
  async listUntried(
    before: Date,
    after: { readonly triedAt: Date; readonly id: bigint },
    limit: number,
  ): Promise<PackRow[]> {
    const query = this.#database
      .selectFrom('packs')
      .selectAll()
      .where('closed_at', 'is not', null)
      .where('tried_at', '<', before)
      .where(sql<boolean>`(tried_at, id) > (${after.triedAt}::timestamptz, ${after.id})`)
      .orderBy('tried_at')
      .orderBy('id')
      .limit(limit);
    return (await query.execute()).map(toPackRow);
  }

  async proofTotals(since: Date): Promise<ProofTotals> {
    const { fn } = this.#database;
    const row = await this.#database
      .selectFrom('packs')
      .where('closed_at', 'is not', null)
      .select([
        fn.countAll<bigint>().filterWhere('tried_at', '<', since).as('packs'),
        sql<bigint>`coalesce(sum(bytes) filter (where tried_at < ${since}), 0)::bigint`.as('bytes'),
        fn.countAll<bigint>().filterWhere('proved_at', 'is', null).as('unproved'),
        fn.min<Date | null>('proved_at').as('oldestProof'),
      ])
      .executeTakeFirstOrThrow();
    return {
      left: { packs: Number(row.packs), bytes: Number(row.bytes) },
      unproved: Number(row.unproved),
      oldestProof: row.oldestProof,
    };
  }

  async totals(cluster?: ClusterId): Promise<PackTotals> {
    const { fn } = this.#database;
    let query = this.#database
      .selectFrom('packs')
      .select([
        fn.countAll<bigint>().filterWhere('closed_at', 'is', null).as('open'),
        fn.count<bigint>('closed_at').as('closed'),
        fn.count<bigint>('proved_at').as('proved'),
        fn.count<bigint>('poisoned_at').as('poisoned'),
        sql<bigint>`coalesce(sum(bytes), 0)::bigint`.as('bytes'),
      ]);
    if (cluster !== undefined) query = query.where('cluster', '=', cluster);
    const row = await query.executeTakeFirstOrThrow();
    return {
      open: Number(row.open),
      closed: Number(row.closed),
      proved: Number(row.proved),
      poisoned: Number(row.poisoned),
      bytes: Number(row.bytes),
    };
  }

  #closedAfter(afterId: bigint, limit: number) {
    return this.#database
      .selectFrom('packs')
      .selectAll()
      .where('closed_at', 'is not', null)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit);
  }
}

function toPackRow(row: Selectable<Schema['packs']>): PackRow {
  return {
    id: row.id,
    cluster: row.cluster as ClusterId,
    file: row.file,
    name: row.name as PackName | null,
    bytes: row.bytes === null ? null : Number(row.bytes),
    openedAt: row.opened_at,
    closedAt: row.closed_at,
    provedAt: row.proved_at,
    poisonedAt: row.poisoned_at,
    poisonReason: row.poison_reason,
    triedAt: row.tried_at,
  };
}
