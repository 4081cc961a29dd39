import mysql from 'mysql2/promise';
import pg from 'pg';

export type DatabaseKind = 'postgresql' | 'mariadb';

export interface DatabaseSettings {
  readonly kind: DatabaseKind;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type Value = string | number | boolean | Date | Buffer | null;
/** Columns are named in lower case; 64-bit integers are strings. */
export type Row = Readonly<Record<string, unknown>>;

/** One connection. SQL is written with `?` and the portal's Pascal names, which PostgreSQL folds to lower case. */
export interface Session {
  query(sql: string, values?: readonly Value[]): Promise<Row[]>;
}

export interface Database extends Session {
  readonly kind: DatabaseKind;
  /** Commits what `work` did, or rolls it back when it throws. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  insertMany(table: string, columns: readonly string[], rows: readonly (readonly Value[])[]): Promise<void>;
  close(): Promise<void>;
}

export async function openDatabase(settings: DatabaseSettings, connections = 4): Promise<Database> {
  return settings.kind === 'postgresql'
    ? openPostgres(settings, connections)
    : openMariaDb(settings, connections);
}

/** Makes an empty database, dropping one of the same name. */
export async function createDatabase(settings: DatabaseSettings): Promise<void> {
  const administrative = { ...settings, database: settings.kind === 'postgresql' ? 'postgres' : '' };
  const database = await openDatabase(administrative, 1);
  const quote = settings.kind === 'postgresql' ? '"' : '`';
  const name = `${quote}${settings.database.replaceAll(quote, quote + quote)}${quote}`;
  try {
    await database.query(`drop database if exists ${name}`);
    await database.query(
      `create database ${name}${settings.kind === 'mariadb' ? ' character set utf8mb4' : ''}`,
    );
  } finally {
    await database.close();
  }
}

async function openPostgres(
  { host, port, user, password, database }: DatabaseSettings,
  max: number,
): Promise<Database> {
  const pool = new pg.Pool({ host, port, user, password, database, max });
  pool.on('error', () => undefined); // An idle connection may be cut, as a restore does; the next query opens another.
  const session = (client: pg.Pool | pg.PoolClient): Session => ({
    query: async (sql, values = []) => {
      let position = 0;
      return (
        await client.query(
          sql.replaceAll('?', () => `$${++position}`),
          [...values],
        )
      ).rows as Row[];
    },
  });
  return complete('postgresql', session(pool), {
    transaction: async (work) => {
      const client = await pool.connect();
      return inTransaction(
        session(client),
        work,
        () => client.release(),
        () => client.release(true),
      );
    },
    close: () => pool.end(),
  });
}

async function openMariaDb(
  { host, port, user, password, database }: DatabaseSettings,
  max: number,
): Promise<Database> {
  const pool = mysql.createPool({
    host,
    port,
    user,
    password,
    ...(database === '' ? {} : { database }),
    connectionLimit: max,
    supportBigNumbers: true,
    bigNumberStrings: true,
    timezone: 'Z',
  });
  const session = (client: mysql.Pool | mysql.PoolConnection): Session => ({
    query: async (sql, values = []) => {
      const [rows] = await client.query(sql, [...values]);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    },
  });
  return complete('mariadb', session(pool), {
    transaction: async (work) => {
      const client = await pool.getConnection();
      return inTransaction(
        session(client),
        work,
        () => client.release(),
        () => client.destroy(),
      );
    },
    close: () => pool.end(),
  });
}

async function inTransaction<T>(
  session: Session,
  work: (session: Session) => Promise<T>,
  release: () => void,
  discard: () => void,
): Promise<T> {
  try {
    await session.query('begin');
    const result = await work(session);
    await session.query('commit');
    release();
    return result;
  } catch (error) {
    await session.query('rollback').then(release, discard);
    throw error;
  }
}

const MAX_PARAMETERS = 20_000;

function complete(
  kind: DatabaseKind,
  session: Session,
  rest: Pick<Database, 'transaction' | 'close'>,
): Database {
  return {
    kind,
    ...session,
    ...rest,
    insertMany: async (table, columns, rows) => {
      const perStatement = Math.max(1, Math.floor(MAX_PARAMETERS / columns.length));
      const tuple = `(${columns.map(() => '?').join(',')})`;
      for (let at = 0; at < rows.length; at += perStatement) {
        const batch = rows.slice(at, at + perStatement);
        const tuples = batch.map(() => tuple).join(',');
        await session.query(`insert into ${table} (${columns.join(',')}) values ${tuples}`, batch.flat());
      }
    },
  };
}
