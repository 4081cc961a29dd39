import {
  asBuffer,
  CHUNK_ID_LENGTH,
  invariant,
  type ClusterId,
  type NodeId,
  type PackName,
} from '@lifeboat/kernel';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Schema } from '../schema.ts';
import { inHalves } from './in-halves.ts';

/** Where one sealed chunk lies. */
export interface ChunkRecord {
  /** 33 bytes. */
  readonly id: Buffer;
  readonly type: number;
  /** Number of the pack in the catalog. */
  readonly pack: bigint;
  /** Bytes from the pack's begin to the frame's header. */
  readonly offset: number;
  /** Bytes of the whole frame. */
  readonly length: number;
  readonly rawLength: number;
}

export interface LocatedChunk extends ChunkRecord {
  /** Null while the pack is open. */
  readonly packName: PackName | null;
  /** Null once it is closed. */
  readonly packFile: string | null;
}

/** Frames of one pack: where each begins, and the chunk ids in the same order, one after the other. */
export interface FramePlaces {
  readonly offsets: readonly number[];
  readonly ids: Uint8Array;
}

export interface ChunkTotals {
  readonly chunks: number;
  readonly rawBytes: number;
  readonly storedBytes: number;
}

/** Ids per call of `have` and `locate`: what one request of an agent may ask. */
export const MAX_IDS = 4096;
const INSERT_BATCH = 5000;
/** How a manifest root's type is written. */
const ROOT = 3;
/** Stands in the key for the server itself, which no node's id can be. */
const SERVER = '00000000-0000-0000-0000-000000000000';

/**
 * Which chunks are kept, and where. A chunk has one row for each sender, because an unproved copy counts for its
 * sender alone: a bad node could otherwise make the server answer "have" to good ones, or displace their bytes.
 */
export class ChunkStore {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /**
   * Which of these chunks (33 bytes each, one after the other) `node` need not send: those in proved packs and those
   * it sent itself, less the poisoned; the server (null) is a sender as any other. A manifest root counts only as
   * a base: the answer promises all that it names. What carried a tombstone and is answered for has lost it then. Bit i
   * of the answer, least significant first, is chunk i.
   */
  async have(cluster: ClusterId, node: NodeId | null, ids: Buffer): Promise<Uint8Array> {
    const count = countOf(ids);
    const bitmap = new Uint8Array(Math.ceil(count / 8));
    if (count === 0) return bitmap;
    const counts = sql`(packs.proved_at is not null or chunks.sender = ${node ?? SERVER})`;
    const rows = await inHalves(ids, async (half) => {
      const found = await sql<{ place: number; claim: boolean }>`
        select wanted.place, kept.claim
        from ${wantedIds(half, countOf(half))}
        cross join lateral (
          select chunks.tombstone <> 0 or chunks.type = ${ROOT} as claim
          from chunks join packs on packs.id = chunks.pack
          where chunks.cluster = ${cluster} and chunks.id = wanted.id
            and not chunks.poisoned and packs.poisoned_at is null and ${counts}
          limit 1
        ) kept`.execute(this.#database);
      return found.rows;
    });
    const claimed: number[] = [];
    for (const { place, claim } of rows) {
      if (claim) claimed.push(place);
      else setBit(bitmap, place);
    }
    if (claimed.length > 0) {
      const some = Buffer.concat(claimed.map((place) => idAt(ids, place)));
      for (const index of await this.#claim(cluster, some, counts)) setBit(bitmap, claimed[index]!);
    }
    return bitmap;
  }

  /**
   * Records what a node (null: the server) has sent, once its bytes are durable. What that sender has sent before
   * stays as it was, unless that is poisoned or carries a tombstone: then the new copy takes its place.
   */
  async insert(cluster: ClusterId, node: NodeId | null, rows: readonly ChunkRecord[]): Promise<void> {
    for (let start = 0; start < rows.length; start += INSERT_BATCH) {
      await this.#insertBatch(cluster, node, rows.slice(start, start + INSERT_BATCH));
    }
    const roots = rows.filter(({ type }) => type === ROOT).map(({ id }) => id);
    if (roots.length > 0) await registerBases(this.#database, cluster, roots);
  }

  /** Where these chunks lie, in the order asked; the best copy of each: proved before unproved, never a poisoned one. */
  async locate(cluster: ClusterId, ids: Buffer): Promise<(LocatedChunk | undefined)[]> {
    const count = countOf(ids);
    const located = new Array<LocatedChunk | undefined>(count).fill(undefined);
    if (count === 0) return located;
    const rows = await inHalves(ids, async (half) => {
      const found = await sql<Omit<LocatedChunk, 'id'> & { place: number }>`
        select wanted.place, kept.*
        from ${wantedIds(half, countOf(half))}
        cross join lateral (
          select chunks.type, chunks.pack, chunks."offset", chunks.length, chunks.raw_length as "rawLength",
                 packs.name as "packName", packs.file as "packFile"
          from chunks join packs on packs.id = chunks.pack
          where chunks.cluster = ${cluster} and chunks.id = wanted.id
            and not chunks.poisoned and packs.poisoned_at is null
          order by packs.proved_at is null, chunks.pack
          limit 1
        ) kept`.execute(this.#database);
      return found.rows;
    });
    for (const { place, ...where } of rows) located[place] = { id: idAt(ids, place), ...where };
    return located;
  }

  /**
   * The place in `ids` of a chunk that `locate` would not find; undefined: all of them are there, and none of them
   * carries a tombstone any more. Costs half of it, for nothing of what is there is handed over.
   */
  async findMissing(cluster: ClusterId, ids: Buffer): Promise<number | undefined> {
    if (ids.length === 0) return undefined;
    const missing = await inHalves(ids, (half) => firstMissing(this.#database, cluster, half));
    if (missing.length === 0) return undefined;
    return this.#database.transaction().execute(async (transaction) => {
      await revive(transaction, cluster, ids);
      return (await firstMissing(transaction, cluster, ids))[0]?.place;
    });
  }

  /**
   * The frames of this pack to which these rows point are not what the rows say; the rest of the pack is not touched, nor is
   * a good copy of the same chunk that another sender has put beside them.
   */
  async poison(pack: bigint, rows: readonly Pick<ChunkRecord, 'id' | 'offset'>[]): Promise<void> {
    const ids = Buffer.concat(rows.map(({ id }) => id));
    const offsets = rows.map(({ offset }) => offset);
    await sql`
      update chunks set poisoned = true
      where pack = ${pack} and exists (
        select from unnest(${offsets}::bigint[]) with ordinality as bad (at, place)
        where bad.at = chunks."offset" and ${idAtPlace(ids)} = chunks.id)`.execute(this.#database);
  }

  /** Which nodes sent what is poisoned in this pack; not what the server sent, and not what nodes did that are known no more. */
  async sendersOfPoisoned(
    pack: bigint,
  ): Promise<readonly { readonly node: string; readonly chunks: number }[]> {
    const { rows } = await sql<{ node: string; chunks: number }>`
      select nodes.name as node, count(*)::integer as chunks
      from chunks
      join packs on packs.id = chunks.pack
      join nodes on nodes.cluster = chunks.cluster and nodes.id = chunks.sender
      where chunks.pack = ${pack} and (chunks.poisoned or packs.poisoned_at is not null)
      group by nodes.name order by nodes.name`.execute(this.#database);
    return rows;
  }

  /** Nodes may build upon none of their manifests any more: they send their trees anew. */
  async dropBases(cluster: ClusterId): Promise<void> {
    await this.#database.deleteFrom('bases').where('cluster', '=', cluster).execute();
  }

  /** Everything recorded of one pack, by offset, the poisoned too. */
  async ofPack(pack: bigint): Promise<ChunkRecord[]> {
    return this.#database
      .selectFrom('chunks')
      .select(['id', 'type', 'pack', 'offset', 'length', 'raw_length as rawLength'])
      .where('pack', '=', pack)
      .orderBy('offset')
      .execute();
  }

  /** What is recorded of one pack and is none of these frames of it, by offset, the poisoned too; mostly nothing. */
  async ofPackExcept(pack: bigint, { offsets, ids }: FramePlaces): Promise<ChunkRecord[]> {
    const { rows } = await sql<ChunkRecord>`
      select id, type, pack, "offset", length, raw_length as "rawLength"
      from chunks
      where pack = ${pack} and not exists (
        select from unnest(${offsets}::bigint[]) with ordinality as known (at, place)
        where known.at = chunks."offset" and ${idAtPlace(ids)} = chunks.id)
      order by "offset"`.execute(this.#database);
    return rows;
  }

  /** Forgets rows of a pack that are none of these frames of it. How many. */
  async forgetStrays(pack: bigint, frames: FramePlaces): Promise<number> {
    const strays = await this.ofPackExcept(pack, frames);
    for (const { id, offset } of strays)
      await this.#database
        .deleteFrom('chunks')
        .where('pack', '=', pack)
        .where('id', '=', id)
        .where('offset', '=', offset)
        .execute();
    return strays.length;
  }

  /** The places in `ids` of chunks of which another pack than these holds a proved copy that no prune is about to take. */
  async coveredElsewhere(cluster: ClusterId, packs: readonly bigint[], ids: Buffer): Promise<number[]> {
    const places: number[] = [];
    for (let start = 0; start < ids.length; start += MAX_IDS * CHUNK_ID_LENGTH) {
      const some = ids.subarray(start, start + MAX_IDS * CHUNK_ID_LENGTH);
      for (const place of await covered(this.#database, cluster, packs, some))
        places.push(start / CHUNK_ID_LENGTH + place);
    }
    return places;
  }

  async totals(cluster?: ClusterId): Promise<ChunkTotals> {
    let query = this.#database
      .selectFrom('chunks')
      .select((select) => [
        select.fn.countAll<bigint>().as('chunks'),
        sql<bigint>`coalesce(sum(raw_length), 0)::bigint`.as('rawBytes'),
        sql<bigint>`coalesce(sum(length), 0)::bigint`.as('storedBytes'),
      ]);
    if (cluster !== undefined) query = query.where('cluster', '=', cluster);
    const { chunks, rawBytes, storedBytes } = await query.executeTakeFirstOrThrow();
    return { chunks: Number(chunks), rawBytes: Number(rawBytes), storedBytes: Number(storedBytes) };
  }

  /**
   * The places of chunks that count although they need a second look: what has a tombstone loses it, a root is touched
   * as a base. A prune that is just deleting one of them is waited for, and then it does not count.
   */
  async #claim(cluster: ClusterId, ids: Buffer, counts: RawBuilder<unknown>): Promise<number[]> {
    return this.#database.transaction().execute(async (transaction) => {
      await sql`
        update bases set touched = nextval('event_order')
        where cluster = ${cluster} and root in (select id from ${wantedIds(ids, countOf(ids))})`.execute(
        transaction,
      );
      await revive(transaction, cluster, ids);
      const { rows } = await sql<{ place: number }>`
        select wanted.place
        from ${wantedIds(ids, countOf(ids))}
        cross join lateral (
          select from chunks join packs on packs.id = chunks.pack
          where chunks.cluster = ${cluster} and chunks.id = wanted.id and chunks.tombstone = 0
            and not chunks.poisoned and packs.poisoned_at is null and ${counts}
            and (chunks.type <> ${ROOT} or exists (
              select from bases where bases.cluster = ${cluster} and bases.root = wanted.id))
          limit 1
        ) kept`.execute(transaction);
      return rows.map(({ place }) => place);
    });
  }

  // Sorted by id, so that two calls with common ids take their row locks in one order and cannot deadlock.
  async #insertBatch(cluster: ClusterId, node: NodeId | null, rows: readonly ChunkRecord[]): Promise<void> {
    await sql`
      insert into chunks (cluster, sender, id, type, pack, "offset", length, raw_length)
      select distinct on (id) ${cluster}::uuid, ${node ?? SERVER}::uuid, id, type, pack, "offset", length, raw_length
      from unnest(
        ${rows.map(({ id }) => checkedId(id))}::bytea[],
        ${rows.map(({ type }) => type)}::smallint[],
        ${rows.map(({ pack }) => pack)}::bigint[],
        ${rows.map(({ offset }) => offset)}::integer[],
        ${rows.map(({ length }) => length)}::integer[],
        ${rows.map(({ rawLength }) => rawLength)}::integer[]
      ) with ordinality sent (id, type, pack, "offset", length, raw_length, place)
      order by id, place
      on conflict (cluster, id, sender) do update
        set type = excluded.type, pack = excluded.pack, "offset" = excluded."offset",
            length = excluded.length, raw_length = excluded.raw_length, poisoned = false, tombstone = 0
        where chunks.poisoned or chunks.tombstone <> 0
           or exists (select from packs where packs.id = chunks.pack and packs.poisoned_at is not null)`.execute(
      this.#database,
    );
  }
}

async function covered(
  database: Kysely<Schema>,
  cluster: ClusterId,
  packs: readonly bigint[],
  ids: Buffer,
): Promise<number[]> {
  const { rows } = await sql<{ place: number }>`
    select wanted.place
    from ${wantedIds(ids, countOf(ids))}
    cross join lateral (
      select from chunks join packs on packs.id = chunks.pack
      where chunks.cluster = ${cluster} and chunks.id = wanted.id and chunks.pack <> all(${packs}::bigint[])
        and not chunks.poisoned and chunks.tombstone = 0
        and packs.proved_at is not null and packs.poisoned_at is null
      limit 1
    ) kept
    order by wanted.place`.execute(database);
  return rows.map(({ place }) => place);
}

/** One at most. */
async function firstMissing(
  database: Kysely<Schema>,
  cluster: ClusterId,
  ids: Buffer,
): Promise<{ place: number }[]> {
  const { rows } = await sql<{ place: number }>`
    select wanted.place
    from ${wantedIds(ids, countOf(ids))}
    left join lateral (
      select true as found from chunks join packs on packs.id = chunks.pack
      where chunks.cluster = ${cluster} and chunks.id = wanted.id
        and not chunks.poisoned and chunks.tombstone = 0 and packs.poisoned_at is null
      limit 1
    ) kept on true
    where kept.found is null
    limit 1`.execute(database);
  return rows;
}

/** Takes the tombstones off these chunks. Locks in order of id, as everyone does who locks several. */
async function revive(database: Kysely<Schema>, cluster: ClusterId, ids: Buffer): Promise<void> {
  await sql`
    with found as (
      select chunk.place
      from (select id from ${wantedIds(ids, countOf(ids))} order by id) wanted
      cross join lateral (
        select ctid as place from chunks
        where chunks.cluster = ${cluster} and chunks.id = wanted.id and chunks.tombstone <> 0
        order by chunks.sender
        for update
      ) chunk
    )
    update chunks set tombstone = 0 from found where chunks.ctid = found.place`.execute(database);
}

async function registerBases(
  database: Kysely<Schema>,
  cluster: ClusterId,
  roots: readonly Buffer[],
): Promise<void> {
  await sql`
    insert into bases (cluster, root)
    select distinct ${cluster}::uuid, root from unnest(${roots}::bytea[]) root order by root
    on conflict (cluster, root) do update set touched = nextval('event_order')`.execute(database);
}

/**
 * The relation wanted(id, place) of concatenated ids. One binary parameter costs a fraction of an array of them; and
 * each id is looked up by `lateral … limit 1`, so that no statistics can turn the look-up into a scan of all chunks.
 */
export function wantedIds(ids: Buffer, count: number): RawBuilder<unknown> {
  return sql`(
    select place, substring(${ids}::bytea from place * ${sql.lit(CHUNK_ID_LENGTH)} + 1 for ${sql.lit(CHUNK_ID_LENGTH)}) as id
    from generate_series(0, ${count - 1}::integer) place
  ) wanted`;
}

/** Of concatenated ids, that of the row with the column `place`, which counts from 1. */
function idAtPlace(ids: Uint8Array): RawBuilder<unknown> {
  const length = sql.lit(CHUNK_ID_LENGTH);
  return sql`substring(${asBuffer(ids)}::bytea from ((place - 1) * ${length} + 1)::integer for ${length})`;
}

function countOf(ids: Buffer): number {
  const count = ids.length / CHUNK_ID_LENGTH;
  invariant(Number.isInteger(count) && count <= MAX_IDS, `at most ${MAX_IDS} whole chunk ids at once`);
  return count;
}

function setBit(bitmap: Uint8Array, place: number): void {
  bitmap[place >> 3]! |= 1 << (place & 7);
}

function idAt(ids: Buffer, index: number): Buffer {
  return ids.subarray(index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH);
}

function checkedId(id: Buffer): Buffer {
  invariant(id.length === CHUNK_ID_LENGTH, `a chunk id has ${CHUNK_ID_LENGTH} bytes`);
  return id;
}
