import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Log } from '@lifeboat/kernel';
import pg from 'pg';
import { databaseAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { prepareDataDirectory, SUPERUSER } from './data-directory.ts';
import { giveUpOwnership, stopLeftOver, takeOwnership } from './left-over.ts';
import { startServerProcess } from './server-process.ts';

export interface EmbeddedPostgres {
  /** With the password: for `Catalog.open`, not for logs. */
  readonly url: string;
  stop(): Promise<void>;
}

const DATABASE = 'lifeboat';

/**
 * The catalog's PostgreSQL when no other is named: real PostgreSQL, on loopback, with its data in `dataDir` and
 * beside it `dataDir.password` (mode 0600) and `dataDir.owner`. It stops with `stop()`, or when this process dies;
 * what a killed process has left, running or not, is taken over at the next start.
 *
 * Call it from the main thread: the database would stop with the worker thread that started it.
 *
 * @throws CONFLICT while another living process uses `dataDir`; DATABASE_UNREACHABLE, FORMAT_UNSUPPORTED, KEY_MISSING.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: Log;
}): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  const binaries = findBinaries();
  await mkdir(dirname(dataDir), { recursive: true });
  const account = await databaseAccount([dirname(binaries.postgres), dirname(dataDir)], log);
  await takeOwnership(dataDir);
  try {
    await stopLeftOver(dataDir, log);
    const password = await prepareDataDirectory(dataDir, { binaries, account }, log);
    const server = await startServerProcess(binaries.postgres, dataDir, account, log);
    const urlOf = (database: string): string =>
      `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${database}`;
    const stop = async (): Promise<void> => {
      await server.stop();
      await giveUpOwnership(dataDir);
    };
    try {
      await ensureDatabase(urlOf('postgres'));
    } catch (error) {
      await server.stop();
      throw error;
    }
    return { url: urlOf(DATABASE), stop };
  } catch (error) {
    await giveUpOwnership(dataDir);
    throw error;
  }
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
