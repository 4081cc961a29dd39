import { LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseTarget } from '../database-target.ts';

export type Session = Connection;

/** `database` undefined: no default schema, for work on schemas themselves. */
export async function connect(target: DatabaseTarget, database?: string): Promise<Session> {
  try {
    const session = await mysql.createConnection({
      host: target.host,
      port: target.port,
      user: target.user,
      password: target.password,
      ...(database === undefined ? {} : { database }),
      charset: 'utf8mb4_general_ci',
      connectTimeout: 15_000,
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
    });
    // Without a listener a connection that breaks while idle would end the process; the next query reports it.
    session.on('error', () => undefined);
    return session;
  } catch (thrown) {
    throw connectionError(target, thrown);
  }
}

export async function withSession<Result>(
  target: DatabaseTarget,
  database: string | undefined,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await connect(target, database);
  try {
    return await work(session);
  } finally {
    session.destroy();
  }
}

/** Rows of a query, with `?` filled from `values`. */
export async function select<Row>(
  session: Session,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const [rows] = await session.query<RowDataPacket[]>(sql, [...values]);
  return rows as unknown as Row[];
}

export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function connectionError(target: DatabaseTarget, cause: unknown): LifeboatError {
  const place = `${target.host}:${target.port}`;
  switch (systemCodeOf(cause)) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCOUNT_HAS_BEEN_LOCKED':
    case 'ER_MUST_CHANGE_PASSWORD':
      return new LifeboatError('DATABASE_AUTHENTICATION', `${place} refused the account ${target.user}`, {
        guidance:
          'check the password file of the cluster definition, and the hosts the account may come from',
        cause,
      });
    case 'ER_DBACCESS_DENIED_ERROR':
      return new LifeboatError(
        'DATABASE_GRANTS',
        `the account ${target.user} may not use ${target.database}`,
        {
          guidance: `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${identifier(target.database)}.* TO '${target.user}'@'%';`,
          cause,
        },
      );
    case 'ER_BAD_DB_ERROR':
      return new LifeboatError('NOT_FOUND', `there is no schema ${target.database} on ${place}`, { cause });
    default:
      return new LifeboatError('DATABASE_UNREACHABLE', `${place} cannot be reached: ${messageOf(cause)}`, {
        guidance: 'check that the database server runs and that this host may connect to it',
        cause,
      });
  }
}
