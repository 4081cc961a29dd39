import { LifeboatError } from '@lifeboat/kernel';
import type { DatabaseProbe } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { chooseClient, findClients, type Client } from '../find-client.ts';
import { countObjects, USER_SCHEMA } from './catalog-queries.ts';
import { portalFacts } from './portal-facts.ts';
import { identifier, withSession, type Session } from './postgresql-session.ts';

const OLDEST_SERVER = 11;

export async function probePostgresql(target: DatabaseTarget, path: string): Promise<DatabaseProbe> {
  return withSession(target, target.database, async (session) => {
    const server = await serverVersion(session);
    const client = await clientFor('pg_dump', server, path);
    await clientFor('pg_restore', server, path);
    await assertReadable(session, target);
    return {
      engine: 'postgresql',
      database: target.database,
      serverVersion: server.text,
      clientVersion: client.version,
      counts: await countObjects(session),
      warnings: await restoreWarnings(session, target),
      switch: 'atomic',
      portal: await portalFacts(session),
    };
  });
}

export async function serverVersion(
  session: Session,
): Promise<{ readonly text: string; readonly major: number }> {
  const { rows } = await session.query<{ text: string; number: string }>(
    "SELECT current_setting('server_version') AS text, current_setting('server_version_num') AS number",
  );
  const major = Math.floor(Number(rows[0]?.number) / 10_000);
  if (major < OLDEST_SERVER) {
    throw new LifeboatError(
      'DATABASE_CLIENT_TOO_OLD',
      `PostgreSQL ${rows[0]?.text} is older than ${OLDEST_SERVER}`,
    );
  }
  return { text: rows[0]?.text ?? '', major };
}

/** pg_dump refuses a server newer than itself, so the client must be of the server's major version or newer. */
export async function clientFor(
  name: 'pg_dump' | 'pg_restore',
  server: { readonly text: string; readonly major: number },
  path: string,
): Promise<Client> {
  const clients = await findClients([name], path);
  const client = chooseClient(clients, server.major);
  if (client !== undefined) return client;
  const guidance = `install it: apt-get install postgresql-client-${server.major}, or put a newer ${name} on the PATH`;
  if (clients.length === 0) {
    throw new LifeboatError('DATABASE_CLIENT_MISSING', `${name} was not found on this host`, { guidance });
  }
  const found = clients.map(({ program, version }) => `${program} ${version}`).join(', ');
  throw new LifeboatError(
    'DATABASE_CLIENT_TOO_OLD',
    `the server is PostgreSQL ${server.text}, but every ${name} here is older: ${found}`,
    { guidance },
  );
}

/** A dump by an account that may not read everything fails half-way; say what is missing before it begins. */
async function assertReadable(session: Session, target: DatabaseTarget): Promise<void> {
  const account = identifier(target.user);
  const { rows } = await session.query<{ grant: string }>(`
    WITH superuser AS (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    SELECT format('GRANT USAGE ON SCHEMA %I TO ', n.nspname) AS grant FROM pg_namespace n
      WHERE ${USER_SCHEMA} AND NOT has_schema_privilege(n.oid, 'USAGE')
    UNION ALL
    SELECT DISTINCT format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO ', n.nspname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${USER_SCHEMA} AND NOT has_table_privilege(c.oid, 'SELECT')
    UNION ALL
    SELECT DISTINCT format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO ', n.nspname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${USER_SCHEMA} AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT') END
    UNION ALL
    SELECT DISTINCT format('GRANT %I TO ', pg_get_userbyid(m.lomowner)) FROM pg_largeobject_metadata m, superuser
      WHERE NOT rolsuper AND current_setting('lo_compat_privileges') = 'off' AND NOT pg_has_role(m.lomowner, 'USAGE')
        AND NOT EXISTS (SELECT 1 FROM aclexplode(m.lomacl) a
          WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))`);
  if (rows.length === 0) return;
  const statements = rows.map(({ grant }) => `${grant}${account};`);
  throw new LifeboatError(
    'DATABASE_GRANTS',
    `the account ${target.user} may not read all of the database ${target.database}`,
    { guidance: `run as a superuser in ${target.database}:\n${statements.join('\n')}` },
  );
}

/** Rights that only a restore needs. */
async function restoreWarnings(session: Session, target: DatabaseTarget): Promise<string[]> {
  const { rows } = await session.query<{ createdb: boolean; owner: boolean; superuser: boolean }>(`
    SELECT r.rolcreatedb AS createdb, r.rolsuper AS superuser, pg_has_role(d.datdba, 'USAGE') AS owner
      FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()`);
  const rights = rows[0];
  if (rights === undefined || rights.superuser) return [];
  const account = identifier(target.user);
  const warnings: string[] = [];
  if (!rights.createdb) warnings.push(`a restore needs: ALTER ROLE ${account} CREATEDB;`);
  if (!rights.owner) {
    warnings.push(`a restore needs: ALTER DATABASE ${identifier(target.database)} OWNER TO ${account};`);
  }
  return warnings;
}
