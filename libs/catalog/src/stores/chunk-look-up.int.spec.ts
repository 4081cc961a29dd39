import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { silentLog, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { Catalog } from '../catalog.ts';
import { makeCluster, query, startTestServer, type TestServer } from '../testing/test-catalog.ts';
import { MAX_IDS, type ChunkRecord } from './chunk-store.ts';

const NODE = randomUUID() as NodeId;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Closed again: a session tells what it has read when it ends. */
async function inCatalog<T>(url: string, work: (catalog: Catalog) => Promise<T>): Promise<T> {
  const catalog = await Catalog.open(url, silentLog);
  try {
    return await work(catalog);
  } finally {
    await catalog.close();
  }
}

async function fill(catalog: Catalog): Promise<{ cluster: ClusterId; chunks: ChunkRecord[] }> {
  const cluster = await makeCluster(catalog, 'c');
  const pack = await catalog.packs.open({ cluster, file: 'open-1' });
  const chunks = Array.from({ length: 2 * MAX_IDS }, (_, index) => {
    const id = Buffer.concat([Buffer.of(1), randomBytes(32)]);
    return { id, type: 1, pack, offset: index, length: 60, rawLength: 1000 };
  });
  await catalog.chunks.insert(cluster, NODE, chunks);
  return { cluster, chunks };
}

it('a look-up of what was vacuumed is answered by the index without the table', async () => {
  const url = await server.emptyDatabase();
  const { cluster, chunks } = await inCatalog(url, fill);
  await query(url, 'vacuum analyze chunks');
  const touched = async (): Promise<number> => {
    const [row] = await query(
      url,
      `select heap_blks_hit + heap_blks_read as touched from pg_statio_user_tables where relname = 'chunks'`,
    );
    return Number(row!['touched']);
  };
  const before = await touched();
  const asked = chunks.slice(0, MAX_IDS);
  const ids = Buffer.concat(asked.map(({ id }) => id));
  await inCatalog(url, async (catalog) => {
    expect(await catalog.chunks.have(cluster, NODE, ids)).toEqual(new Uint8Array(MAX_IDS / 8).fill(255));
    expect(await catalog.chunks.locate(cluster, ids)).toEqual(
      asked.map((chunk) => ({ ...chunk, packName: null, packFile: 'open-1' })),
    );
    expect(await catalog.chunks.findMissing(cluster, ids)).toBeUndefined();
  });
  // Planning looks at some pages itself.
  expect((await touched()) - before).toBeLessThan(MAX_IDS / 100);
});
