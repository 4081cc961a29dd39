import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, type ClusterId } from '@lifeboat/kernel';
import pg from 'pg';
import { Catalog, startEmbeddedPostgres } from '../index.ts';

/** A real PostgreSQL of its own for one spec file. */
export interface TestServer {
  /** The URL of a fresh, empty database. */
  emptyDatabase(): Promise<string>;
  /** A catalog in a fresh database; closed by `stop` if it is still open then. */
  catalog(): Promise<Catalog>;
  stop(): Promise<void>;
}

export async function startTestServer(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'lifeboat-catalog-'));
  const server = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), log: silentLog });
  const catalogs: Catalog[] = [];

  const emptyDatabase = async (): Promise<string> => {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    await query(server.url, `create database ${name}`);
    return Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  };
  return {
    emptyDatabase,
    catalog: async () => {
      const catalog = await Catalog.open(await emptyDatabase(), silentLog);
      catalogs.push(catalog);
      return catalog;
    },
    stop: async () => {
      await Promise.all(catalogs.map((catalog) => catalog.close()));
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}

export async function query(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** A cluster of that name, for tests that need one to exist. */
export async function makeCluster(catalog: Catalog, name: string): Promise<ClusterId> {
  const definition = { cluster: name, nodes: { 'node-1': {} }, sources: [] };
  return (await catalog.clusters.apply(randomUUID() as ClusterId, definition)).id;
}
