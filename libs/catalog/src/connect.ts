import { LifeboatError, messageOf, systemCodeOf, type Log } from '@lifeboat/kernel';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Schema } from './schema.ts';

export interface Connection {
  readonly database: Kysely<Schema>;
  readonly pool: pg.Pool;
}

const POOL_SIZE = 16;
const CONNECT_TIMEOUT = 10_000;

/** Ids and sizes of 8 bytes come as bigint: a number would silently round the large ones. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8
      ? BigInt
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** @throws DATABASE_UNREACHABLE, DATABASE_AUTHENTICATION */
export async function connect(url: string, log: Log): Promise<Connection> {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    application_name: 'lifeboat',
    types,
  });
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ error: messageOf(error) }, 'an idle catalog connection broke'));
  // The same for one that is in use: whoever uses it is told by the query.
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw connectError(error);
  }
  return { database: new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }), pool };
}

const AUTHENTICATION_CLASS = '28';

function connectError(error: unknown): LifeboatError {
  const refused = systemCodeOf(error)?.startsWith(AUTHENTICATION_CLASS) === true;
  return new LifeboatError(
    refused ? 'DATABASE_AUTHENTICATION' : 'DATABASE_UNREACHABLE',
    `the catalog's PostgreSQL ${refused ? 'refused the user' : 'cannot be reached'}: ${messageOf(error)}`,
    { guidance: 'Check LIFEBOAT_DATABASE_URL and that the server is running.', cause: error },
  );
}
