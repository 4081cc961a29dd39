import { LifeboatError } from '@lifeboat/kernel';
import type { DatabaseProbe } from '../database-engine.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { findClients, type Client } from '../find-client.ts';
import { missingGrantsOn } from './account-rights.ts';
import { select, withSession, type Session } from './mysql-session.ts';
import { tablesOutsideSnapshot } from './outside-snapshot.ts';
import { assertCompaniesSeen, schemasOf, strayPartitions } from './partitions.ts';
import { portalFacts } from './portal-facts.ts';
import { countObjects } from './schema-queries.ts';

export interface ServerFacts {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly isMariaDb: boolean;
  readonly caseMode: number;
  readonly binaryLog: boolean;
}

export async function serverFacts(session: Session): Promise<ServerFacts> {
  const [row] = await select<{ version: string; caseMode: number; binaryLog: number }>(
    session,
    'SELECT VERSION() AS version, @@lower_case_table_names AS caseMode, @@log_bin AS binaryLog',
  );
  const text = row?.version ?? '';
  const [major = 0, minor = 0] = text.split(/[.-]/).map(Number);
  const isMariaDb = /mariadb/i.test(text);
  return {
    text,
    major,
    minor,
    isMariaDb,
    caseMode: Number(row?.caseMode),
    binaryLog: Number(row?.binaryLog) === 1,
  };
}

/** Since MariaDB 10.6 and MySQL 8.0 a RENAME of many tables is atomic, over a crash too. */
export function renamesAtomically(server: ServerFacts): boolean {
  return server.isMariaDb
    ? server.major > 10 || (server.major === 10 && server.minor >= 6)
    : server.major >= 8;
}

export function routineGrant(server: ServerFacts): 'mysql.proc' | 'SHOW_ROUTINE' {
  return server.isMariaDb || server.major < 8 ? 'mysql.proc' : 'SHOW_ROUTINE';
}

export async function probeMysql(target: DatabaseTarget, path: string): Promise<DatabaseProbe> {
  return withSession(target, target.database, async (session) => {
    const server = await serverFacts(session);
    const dump = await clientFor('dump', server, path);
    await clientFor('load', server, path);
    await assertCompaniesSeen(session, target.database);
    const schemas = await schemasOf(session, target.database);
    const grants = await missingGrantsOn(session, schemas, routineGrant(server));
    if (grants.length > 0) {
      throw new LifeboatError(
        'DATABASE_GRANTS',
        `the account ${target.user} may not see all of ${target.database}`,
        {
          guidance: `run as an administrator:\n${grants.join('\n')}`,
        },
      );
    }
    return {
      engine: target.kind,
      database: target.database,
      serverVersion: server.text,
      clientVersion: dump.version,
      counts: await countObjects(session, schemas),
      warnings: await warnings(session, schemas, server, dump),
      switch: renamesAtomically(server) ? 'atomic' : 'not-atomic',
      caseMode: server.caseMode,
      portal: await portalFacts(session, target.database),
    };
  });
}

/** A client of the server's own family when there is one: they drift apart in what they ask the server. */
export async function clientFor(
  purpose: 'dump' | 'load',
  server: ServerFacts,
  path: string,
): Promise<Client> {
  const names = purpose === 'dump' ? ['mariadb-dump', 'mysqldump'] : ['mariadb', 'mysql'];
  const clients = await findClients(server.isMariaDb ? names : names.toReversed(), path);
  const kin = clients.filter(({ banner }) => /mariadb/i.test(banner) === server.isMariaDb);
  const chosen =
    kin.find(({ major }) => server.isMariaDb || major >= server.major) ??
    clients.find((c) => !kin.includes(c));
  const guidance = `install it: apt-get install ${server.isMariaDb ? 'mariadb-client' : 'mysql-client'}`;
  if (chosen !== undefined) return chosen;
  if (kin.length === 0) {
    throw new LifeboatError(
      'DATABASE_CLIENT_MISSING',
      `neither ${names.join(' nor ')} was found on this host`,
      { guidance },
    );
  }
  throw new LifeboatError(
    'DATABASE_CLIENT_TOO_OLD',
    `the server is ${server.text}, but every client here is older: ${kin.map((c) => `${c.program} ${c.version}`).join(', ')}`,
    { guidance },
  );
}

async function warnings(
  session: Session,
  schemas: readonly string[],
  server: ServerFacts,
  client: Client,
): Promise<string[]> {
  const found: string[] = [];
  for (const { name, engine } of await tablesOutsideSnapshot(session, schemas)) {
    found.push(
      `table ${name} is ${engine}, which knows no snapshot; make it InnoDB: ALTER TABLE … ENGINE = InnoDB`,
    );
  }
  const strays = await strayPartitions(session, schemas);
  if (strays.length > 0) {
    found.push(
      `schemas that look like company partitions, of companies that are not in ${schemas[0]}, are not in this dump: ${strays.join(', ')}`,
    );
  }
  if (/mariadb/i.test(client.banner) !== server.isMariaDb) {
    found.push(
      `${client.program} is not of the server's family; install the ${server.isMariaDb ? 'MariaDB' : 'MySQL'} client`,
    );
  } else if (client.major < server.major) {
    found.push(`${client.program} ${client.version} is older than the server ${server.text}`);
  }
  if (!renamesAtomically(server)) found.push('the switch of a restore is not atomic on this server version');
  return found;
}
