import type { ClusterId, PackName } from '@lifeboat/kernel';
import { sql, type Kysely } from 'kysely';
import type { Schema } from '../schema.ts';
import { wantedIds } from './chunk-store.ts';

/** Where a prune stands among everything else. */
export interface PruneBegin {
  /** 0 for a look that changes nothing. */
  readonly id: number;
  /** Its place in the order of events. */
  readonly began: bigint;
  /** Since when the unfinished sets and restores go on. */
  readonly unfinished: readonly { readonly cluster: ClusterId; readonly began: bigint }[];
  readonly earlier: readonly SweptPrune[];
  /** Manifests that nodes may build upon. */
  readonly bases: readonly { readonly cluster: ClusterId; readonly root: Buffer }[];
}

export interface SweptPrune {
  readonly id: number;
  /** Behind all its tombstones in the order of events. */
  readonly swept: bigint;
  readonly sweptAt: Date;
}

/** What one pack holds, in bytes of frames. */
export interface PackWeight {
  readonly pack: bigint;
  readonly cluster: ClusterId;
  readonly name: PackName;
  /** Of the whole blob. */
  readonly bytes: number;
  readonly frames: number;
  /** Of frames that no set needs and whose tombstones are ripe. */
  readonly dead: number;
  /** Of frames that no set needs and whose tombstones are not ripe. */
  readonly waiting: number;
}

export interface NeededFrame {
  readonly id: Buffer;
  readonly offset: number;
  readonly length: number;
  readonly poisoned: boolean;
}

/** Prunes whose tombstones count, for each cluster. */
export type RipeOf = (cluster: ClusterId) => readonly number[];

const ID_LENGTH = 33;

/**
 * What a prune asks of the catalog, on one connection: its marks are a temporary table, so that they end with it and
 * take no memory here.
 */
export class PruneSession {
  readonly #database: Kysely<Schema>;

  constructor(connection: Kysely<Schema>) {
    this.#database = connection;
  }

  /**
   * The begin of a prune, in this order: a predecessor that was killed while it swept has swept now; then the place in
   * the order; then what is unfinished; then bases that nothing builds upon any more are dropped, which makes a node
   * that asks for one send its tree anew.
   */
  async begin(now: Date, dryRun: boolean): Promise<PruneBegin> {
    await this.#makeMarks();
    if (!dryRun) {
      await sql`
        update prunes set swept = nextval('event_order'), swept_at = ${latest(now)}
        where swept is null`.execute(this.#database);
    }
    const { id, began } = dryRun ? { id: 0, began: await this.#next() } : await this.#insert(now);
    const { rows: unfinished } = await sql<{ cluster: ClusterId; began: bigint }>`
      select cluster, began from sets where state not in ('sealed', 'proved', 'failed', 'cancelled')
      union all
      select cluster, began from restores where state not in ('completed', 'aborted', 'rolled-back')`.execute(
      this.#database,
    );
    if (!dryRun) await sql`delete from bases where ${IS_OLD_BASE}`.execute(this.#database);
    const { rows: bases } = await sql<{ cluster: ClusterId; root: Buffer }>`
      select cluster, root from bases where ${dryRun ? sql`not ${IS_OLD_BASE}` : sql`true`}
      order by cluster, root`.execute(this.#database);
    const { rows: earlier } = await sql<SweptPrune>`
      select id, swept, swept_at as "sweptAt" from prunes where swept < ${began} order by id`.execute(
      this.#database,
    );
    return { id, began, unfinished, earlier, bases };
  }

  /** Of a manifest that cannot be read: whoever asks for it sends its tree anew. */
  async dropBase(cluster: ClusterId, root: Buffer): Promise<void> {
    await sql`delete from bases where cluster = ${cluster} and root = ${root}`.execute(this.#database);
  }

  async mark(cluster: ClusterId, ids: Buffer): Promise<void> {
    await sql`
      insert into marks (cluster, id)
      select distinct ${cluster}::uuid, id from ${wantedIds(ids, ids.length / ID_LENGTH)}
      on conflict do nothing`.execute(this.#database);
  }

  /** Places in `ids` of those that have no mark yet. */
  async unmarked(cluster: ClusterId, ids: Buffer): Promise<number[]> {
    const { rows } = await sql<{ place: number }>`
      select wanted.place from ${wantedIds(ids, ids.length / ID_LENGTH)}
      where not exists (select from marks where marks.cluster = ${cluster} and marks.id = wanted.id)
      order by wanted.place`.execute(this.#database);
    return rows.map(({ place }) => place);
  }

  /** Marks are complete: how many, and how many of them lie nowhere. */
  async countMarks(): Promise<{ marked: number; missing: number }> {
    await sql`analyze marks`.execute(this.#database);
    const { rows } = await sql<{ marked: bigint; missing: bigint }>`
      select count(*) as marked,
             count(*) filter (where not exists (
               select from chunks where chunks.cluster = marks.cluster and chunks.id = marks.id)) as missing
      from marks`.execute(this.#database);
    return { marked: Number(rows[0]!.marked), missing: Number(rows[0]!.missing) };
  }

  /** Closed packs by number, a page at a time. Begin with 0n. */
  async closedPacks(after: bigint, limit: number): Promise<bigint[]> {
    const { rows } = await sql<{ id: bigint }>`
      select id from packs where closed_at is not null and id > ${after} order by id limit ${limit}`.execute(
      this.#database,
    );
    return rows.map(({ id }) => id);
  }

  /** What no set needs gets this prune's tombstone, what one needs loses its own. Chunks changed. */
  async sweep(packs: readonly bigint[], prune: number): Promise<{ tombstoned: number; revived: number }> {
    const numbers = sql`${packs}::bigint[]`;
    const change = async (to: number, which: ReturnType<typeof sql>): Promise<number> => {
      const { numAffectedRows } = await sql`
        with found as (
          select ctid as place from chunks where pack = any(${numbers}) and ${which}
          order by cluster, id, sender for update
        )
        update chunks set tombstone = ${to} from found where chunks.ctid = found.place`.execute(
        this.#database,
      );
      return Number(numAffectedRows ?? 0n);
    };
    const revived = await change(0, sql`tombstone <> 0 and ${IS_MARKED}`);
    const tombstoned = await change(prune, sql`tombstone = 0 and not ${IS_MARKED}`);
    return { tombstoned, revived };
  }

  /** Chunks that a sweep of these packs would give a tombstone. */
  async countDead(packs: readonly bigint[]): Promise<number> {
    const { rows } = await sql<{ count: bigint }>`
      select count(*) from chunks
      where pack = any(${packs}::bigint[]) and tombstone = 0 and not ${IS_MARKED}`.execute(this.#database);
    return Number(rows[0]!.count);
  }

  /** Drawn only now, so that it lies behind whatever saw one of these chunks without a tombstone. */
  async swept(prune: number, now: Date): Promise<void> {
    await sql`
      update prunes set swept = nextval('event_order'), swept_at = ${latest(now)}
      where id = ${prune}`.execute(this.#database);
  }

  /** `ripe`: prunes whose tombstones count, by cluster. */
  async weigh(packs: readonly bigint[], ripe: RipeOf): Promise<PackWeight[]> {
    const { rows: clusters } = await sql<{ cluster: ClusterId }>`
      select distinct cluster from packs where id = any(${packs}::bigint[])`.execute(this.#database);
    const weights: PackWeight[] = [];
    for (const { cluster } of clusters) {
      const { rows } = await sql<{
        pack: bigint;
        name: PackName;
        bytes: bigint;
        frames: bigint;
        dead: bigint;
        tombstoned: bigint;
      }>`
        select packs.id as pack, packs.name, packs.bytes,
               coalesce(sum(chunks.length), 0)::bigint as frames,
               coalesce(sum(chunks.length) filter (where ${isDead(ripe(cluster))}), 0)::bigint as dead,
               coalesce(sum(chunks.length) filter (where chunks.tombstone <> 0), 0)::bigint as tombstoned
        from packs left join chunks on chunks.pack = packs.id
        where packs.id = any(${packs}::bigint[]) and packs.cluster = ${cluster}
        group by packs.id order by packs.id`.execute(this.#database);
      for (const { pack, name, bytes, frames, dead, tombstoned } of rows) {
        const numbers = { bytes: Number(bytes), frames: Number(frames), dead: Number(dead) };
        weights.push({ pack, cluster, name, ...numbers, waiting: Number(tombstoned - dead) });
      }
    }
    return weights;
  }

  /** Frames of a pack that neither are dead nor lie, proved, in another pack too; by offset. */
  async needed(pack: bigint, ripe: readonly number[]): Promise<NeededFrame[]> {
    const { rows } = await sql<NeededFrame>`
      select id, "offset", length, poisoned from chunks
      where pack = ${pack} and not (${isDead(ripe)}) and not ${IS_COVERED}
      order by "offset"`.execute(this.#database);
    return rows;
  }

  /**
   * Forgets a pack and its rows, unless something of it is needed after all: what was answered for since has no
   * tombstone any more, and is looked at here with every row locked. The blob goes afterwards.
   */
  async removePack(pack: bigint, ripe: readonly number[]): Promise<boolean> {
    return this.#database.transaction().execute(async (transaction) => {
      await sql`select from packs where id = ${pack} and closed_at is not null for update`.execute(
        transaction,
      );
      await sql`select from chunks where pack = ${pack} order by cluster, id, sender for update`.execute(
        transaction,
      );
      const { rows } = await sql<{ needed: boolean }>`
        select exists (
          select from chunks where pack = ${pack} and not (${isDead(ripe)}) and not ${IS_COVERED}
        ) as needed`.execute(transaction);
      if (rows[0]?.needed !== false) return false;
      await transaction.deleteFrom('chunks').where('pack', '=', pack).execute();
      await transaction.deleteFrom('packs').where('id', '=', pack).execute();
      return true;
    });
  }

  /** A blob that no row tells of: when it was first seen counts. False when a row does tell of it. */
  async noteOrphan(name: PackName, prune: number): Promise<boolean> {
    const { rows } = await sql<{ orphan: boolean }>`
      with noted as (
        insert into orphans (name, prune)
        select ${name}::text, ${prune}::integer where not exists (select from packs where packs.name = ${name})
        on conflict do nothing
      )
      select not exists (select from packs where packs.name = ${name}) as orphan`.execute(this.#database);
    return rows[0]?.orphan === true;
  }

  /** Orphans seen by one of these prunes already, and nobody's still. */
  async ripeOrphans(ripe: readonly number[]): Promise<PackName[]> {
    const { rows } = await sql<{ name: PackName }>`
      select name from orphans
      where prune = any(${ripe}::integer[]) and not exists (select from packs where packs.name = orphans.name)
      order by name`.execute(this.#database);
    return rows.map(({ name }) => name);
  }

  async forgetOrphan(name: PackName): Promise<void> {
    await sql`delete from orphans where name = ${name}`.execute(this.#database);
  }

  /** Those that a row tells of by now: adopted since. */
  async forgetAdoptedOrphans(): Promise<void> {
    await sql`
      delete from orphans where exists (select from packs where packs.name = orphans.name)`.execute(
      this.#database,
    );
  }

  async forgetMarks(): Promise<void> {
    await sql`drop table if exists marks`.execute(this.#database);
  }

  async #makeMarks(): Promise<void> {
    await this.forgetMarks();
    await sql`create temporary table marks (cluster uuid, id bytea, primary key (cluster, id))`.execute(
      this.#database,
    );
  }

  async #insert(now: Date): Promise<{ id: number; began: bigint }> {
    const { rows } = await sql<{ id: number; began: bigint }>`
      insert into prunes (began, began_at) values (nextval('event_order'), ${latest(now)})
      returning id, began`.execute(this.#database);
    return rows[0]!;
  }

  async #next(): Promise<bigint> {
    const { rows } = await sql<{ next: bigint }>`select nextval('event_order') as next`.execute(
      this.#database,
    );
    return rows[0]!.next;
  }
}

/**
 * Not touched since the cluster's last sealed set began, or since that was deleted. None is old while a set goes on, or
 * before there was any.
 */
const IS_OLD_BASE = sql`((
  bases.touched < (
    select greatest(sets.began, sets.deleted) from sets
    where sets.cluster = bases.cluster and sets.sequence is not null
    order by sets.sequence desc limit 1)
  and not exists (
    select from sets
    where sets.cluster = bases.cluster and sets.state not in ('sealed', 'proved', 'failed', 'cancelled'))
) is true)`;

const IS_MARKED = sql`exists (
  select from marks where marks.cluster = chunks.cluster and marks.id = chunks.id)`;

/** A proved copy lies in another pack, and is not about to go itself. */
const IS_COVERED = sql`exists (
  select from chunks other join packs home on home.id = other.pack
  where other.cluster = chunks.cluster and other.id = chunks.id and other.pack <> chunks.pack
    and not other.poisoned and other.tombstone = 0 and home.proved_at is not null and home.poisoned_at is null)`;

function isDead(ripe: readonly number[]) {
  return sql`chunks.tombstone = any(${ripe}::integer[]) and not ${IS_MARKED}`;
}

/** A clock that was set back must not make anything look older than it is: no time lies before one known already. */
function latest(now: Date) {
  return sql`greatest(
    ${now}::timestamptz,
    (select max(greatest(began_at, swept_at, ended_at)) from prunes),
    (select max(greatest(requested_at, sealed_at)) from sets)
  )`;
}
