import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import { Catalog, MAX_IDS, startEmbeddedPostgres } from '@lifeboat/catalog';
import { silentLog, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { seededRandom } from '@lifeboat/testkit';
import pg from 'pg';

/** A catalog that knows many chunks, in a PostgreSQL of its own. */
export interface LookupTable {
  readonly catalog: Catalog;
  readonly cluster: ClusterId;
  readonly node: NodeId;
  readonly chunks: number;
  close(): Promise<void>;
}

const CHUNKS_A_PACK = 1000;
const BATCH = 1_000_000;

/** Chunk n: the algorithm's byte and the digest of n, in SQL as in `idOf`. */
const INSERT = `
  insert into chunks (pack, "offset", length, raw_length, type, cluster, sender, id)
  select 1 + n / ${CHUNKS_A_PACK}, n % ${CHUNKS_A_PACK} * 20000, 20000, 50000, 0, $1, $2, '\\x01'::bytea || sha256(int8send(n))
  from generate_series($3::bigint, $4::bigint) n`;

/** Rows come by SQL, the indexes after them: a table that grew set by set has somewhat emptier index pages. */
export async function openLookupTable(
  dir: string,
  chunks: number,
  say: (text: string) => void,
): Promise<LookupTable> {
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(dir, 'postgres'), log: silentLog });
  const catalog = await Catalog.open(postgres.url, silentLog);
  const definition = { cluster: 'bench', nodes: { 'node-1': {} }, sources: [] };
  const { id: cluster } = await catalog.clusters.apply(randomUUID() as ClusterId, definition);
  const node = randomUUID() as NodeId;
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const key = await definitionOfKey(client);
    await client.query('alter table chunks drop constraint chunks_pkey');
    await client.query('drop index chunks_pack');
    for (let first = 0; first < chunks; first += BATCH) {
      await client.query(INSERT, [cluster, node, first, Math.min(first + BATCH, chunks) - 1]);
      say(`lookup: ${Math.min(first + BATCH, chunks)} of ${chunks} chunks are in the table`);
    }
    await client.query(
      `insert into packs (cluster, name, bytes, closed_at, proved_at)
       select $1, encode(sha256(int8send(n)), 'hex'), 20000000, now(), now() from generate_series(0, $2::bigint) n`,
      [cluster, Math.floor((chunks - 1) / CHUNKS_A_PACK)],
    );
    await client.query(`alter table chunks add ${key}`);
    await client.query('create index chunks_pack on chunks (pack)');
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
  const close = async (): Promise<void> => {
    await catalog.close();
    await postgres.stop();
  };
  return { catalog, cluster, node, chunks, close };
}

async function definitionOfKey(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'chunks_pkey'`,
  );
  return rows[0]!.definition;
}

/** As many ids as one call may ask, of chunks all over the table. */
export function presentIds({ chunks }: Pick<LookupTable, 'chunks'>, seed: string): Buffer {
  const random = seededRandom(seed);
  return Buffer.concat(Array.from({ length: MAX_IDS }, () => idOf(BigInt(random.integer(chunks)))));
}

/** As many of chunks that the table does not have. */
export function absentIds(seed: string): Buffer {
  const random = seededRandom(seed);
  return Buffer.concat(Array.from({ length: MAX_IDS }, () => idOf(-1n - BigInt(random.integer(2 ** 32)))));
}

function idOf(number: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(number);
  return Buffer.concat([Buffer.of(1), createHash('sha256').update(bytes).digest()]);
}
