import { LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import pg from 'pg';
import type { DatabaseTarget } from '../database-target.ts';

export type Session = pg.Client;

/** Cluster-wide commands (rename, fence, drop) cannot run inside the database they are about. */
export const MAINTENANCE_DATABASE = 'postgres';

export async function connect(target: DatabaseTarget, database: string = target.database): Promise<Session> {
  const session = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database,
    keepAlive: true,
    connectionTimeoutMillis: 15_000,
    application_name: 'lifeboat',
  });
  // Without a listener a connection that breaks while idle would end the process; the next query reports it.
  session.on('error', () => undefined);
  try {
    await session.connect();
    // A pinned snapshot sits idle for as long as the dump runs.
    await session.query(
      "SELECT set_config(name, '0', false) FROM pg_settings " +
        "WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')",
    );
  } catch (thrown) {
    await session.end().catch(() => undefined);
    throw connectionError(target, database, thrown);
  }
  return session;
}

export async function withSession<Result>(
  target: DatabaseTarget,
  database: string,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await connect(target, database);
  try {
    return await work(session);
  } finally {
    await session.end().catch(() => undefined);
  }
}

/** SQLSTATE classes of PostgreSQL's manual, appendix A. */
function connectionError(target: DatabaseTarget, database: string, cause: unknown): LifeboatError {
  const place = `${target.host}:${target.port}/${database}`;
  const state = systemCodeOf(cause) ?? '';
  if (state.startsWith('28')) {
    return new LifeboatError('DATABASE_AUTHENTICATION', `${place} refused the account ${target.user}`, {
      guidance: 'check the password file of the cluster definition and pg_hba.conf of the server',
      cause,
    });
  }
  if (state === '3D000') {
    return new LifeboatError(
      'NOT_FOUND',
      `there is no database ${database} on ${target.host}:${target.port}`,
      { cause },
    );
  }
  if (state === '42501') {
    return new LifeboatError('DATABASE_GRANTS', `the account ${target.user} may not connect to ${database}`, {
      guidance: `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(target.user)};`,
      cause,
    });
  }
  return new LifeboatError('DATABASE_UNREACHABLE', `${place} cannot be reached: ${messageOf(cause)}`, {
    guidance: 'check that the database server runs and that this host may connect to it',
    cause,
  });
}

export function identifier(name: string): string {
  return pg.escapeIdentifier(name);
}

export function literal(text: string): string {
  return pg.escapeLiteral(text);
}
