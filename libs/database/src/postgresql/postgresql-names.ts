import { identifier, literal, type Session } from './postgresql-session.ts';

/**
 * Comment that a loaded database carries through its renames: whose restore it is, and in the lines after that
 * the comment of the database it takes the place of.
 */
export function markOf(restoreId: string, replaced: string | null = null): string {
  return `lifeboat restore ${restoreId}${replaced === null ? '' : `\n${replaced}`}`;
}

export function isMarked(facts: DatabaseFacts | undefined, restoreId: string): boolean {
  return facts?.comment?.split('\n', 1)[0] === markOf(restoreId);
}

export function replacedComment(facts: DatabaseFacts | undefined): string | null {
  const newline = facts?.comment?.indexOf('\n') ?? -1;
  return newline === -1 ? null : (facts?.comment?.slice(newline + 1) ?? null);
}

export interface DatabaseFacts {
  readonly oid: string;
  readonly owner: string;
  readonly allowsConnections: boolean;
  readonly comment: string | null;
}

export async function factsOf(session: Session, name: string): Promise<DatabaseFacts | undefined> {
  const { rows } = await session.query<DatabaseFacts>(
    `SELECT oid::text AS oid, pg_get_userbyid(datdba) AS owner, datallowconn AS "allowsConnections",
            shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1`,
    [name],
  );
  return rows[0];
}

export async function allowConnections(session: Session, name: string, allow: boolean): Promise<void> {
  await session.query(`ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS ${allow}`);
}

/** Ends every session of a database and waits until they are gone: a rename needs it empty. */
export async function endSessions(session: Session, name: string): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { rows } = await session.query<{ left: number }>(
      `SELECT count(pg_terminate_backend(pid))::int AS left FROM pg_stat_activity
        WHERE datname = $1 AND pid <> pg_backend_pid()`,
      [name],
    );
    const left = rows[0]?.left ?? 0;
    if (left === 0) return 0;
    await session.query('SELECT pg_sleep(0.05)');
  }
  return 1;
}

export async function dropDatabase(session: Session, name: string): Promise<void> {
  if ((await factsOf(session, name)) === undefined) return;
  await allowConnections(session, name, false);
  await endSessions(session, name);
  await session.query(`DROP DATABASE IF EXISTS ${identifier(name)}`);
}

/** Gives `to` the owner, grants and settings (ALTER DATABASE … SET, ALTER ROLE … IN DATABASE) of `from`. */
export async function copySettings(session: Session, from: DatabaseFacts, to: string): Promise<void> {
  const target = identifier(to);
  await session.query(`ALTER DATABASE ${target} OWNER TO ${identifier(from.owner)}`);
  await copyGrants(session, from, to);
  const { rows } = await session.query<{ role: string | null; settings: string[] }>(
    `SELECT CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END AS role, setconfig AS settings
       FROM pg_db_role_setting WHERE setdatabase = $1::oid`,
    [from.oid],
  );
  for (const { role, settings } of rows) {
    const subject = role === null ? `DATABASE ${target}` : `ROLE ${identifier(role)} IN DATABASE ${target}`;
    await session.query(`ALTER ${subject} RESET ALL`);
    for (const setting of settings) await applySetting(session, subject, setting);
  }
}

/** `FROM CURRENT` keeps a list such as `"$user", public` as it is, which quoting it again would not. */
async function applySetting(session: Session, subject: string, setting: string): Promise<void> {
  const name = setting.slice(0, setting.indexOf('='));
  await session.query('BEGIN');
  try {
    await session.query('SELECT set_config($1, $2, true)', [name, setting.slice(name.length + 1)]);
    await session.query(`ALTER ${subject} SET ${name.split('.').map(identifier).join('.')} FROM CURRENT`);
    await session.query('COMMIT');
  } catch (thrown) {
    await session.query('ROLLBACK');
    throw thrown;
  }
}

async function copyGrants(session: Session, from: DatabaseFacts, to: string): Promise<void> {
  const { rows } = await session.query<{ grantee: string | null; privilege: string; grantable: boolean }>(
    `SELECT CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END AS grantee, a.privilege_type AS privilege,
            a.is_grantable AS grantable
       FROM pg_database d, aclexplode(d.datacl) a WHERE d.oid = $1::oid AND a.grantee <> d.datdba`,
    [from.oid],
  );
  const { rows: own } = await session.query<{ explicit: boolean }>(
    'SELECT datacl IS NOT NULL AS explicit FROM pg_database WHERE oid = $1::oid',
    [from.oid],
  );
  if (own[0]?.explicit !== true) return;
  await session.query(`REVOKE ALL ON DATABASE ${identifier(to)} FROM PUBLIC`);
  for (const { grantee, privilege, grantable } of rows) {
    const whom = grantee === null ? 'PUBLIC' : identifier(grantee);
    await session.query(
      `GRANT ${privilege} ON DATABASE ${identifier(to)} TO ${whom}${grantable ? ' WITH GRANT OPTION' : ''}`,
    );
  }
}

export async function setComment(session: Session, name: string, comment: string | null): Promise<void> {
  await session.query(
    `COMMENT ON DATABASE ${identifier(name)} IS ${comment === null ? 'NULL' : literal(comment)}`,
  );
}
