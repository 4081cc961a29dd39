import { LifeboatError } from '@lifeboat/kernel';
import type { DatabaseDefinition } from '@lifeboat/model';

/** One database (PostgreSQL) or schema (MariaDB, MySQL) and the account to reach it with. */
export interface DatabaseTarget {
  readonly kind: 'postgresql' | 'mariadb' | 'mysql';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const SCHEMES: Readonly<Record<DatabaseTarget['kind'], { schemes: readonly string[]; port: number }>> = {
  postgresql: { schemes: ['postgres:', 'postgresql:'], port: 5432 },
  mariadb: { schemes: ['mariadb:', 'mysql:'], port: 3306 },
  mysql: { schemes: ['mysql:', 'mariadb:'], port: 3306 },
};

/** Reads `postgres://user@host:port/name` or `mysql://user@host:port/name`; anything else is a USAGE error. */
export function parseTarget(
  definition: Pick<DatabaseDefinition, 'kind' | 'url'>,
  password: string,
): DatabaseTarget {
  const { schemes, port } = SCHEMES[definition.kind];
  const url = URL.parse(definition.url);
  const guidance = `write ${schemes[0]}//user@host:port/name and keep the password in its own file`;
  if (url === null || !schemes.includes(url.protocol)) {
    throw new LifeboatError('USAGE', `the database URL is not one of ${definition.kind}`, { guidance });
  }
  if (url.password !== '') {
    throw new LifeboatError('USAGE', 'the database URL holds a password', { guidance });
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  if (url.username === '' || url.hostname === '' || database === '' || database.includes('/')) {
    throw new LifeboatError('USAGE', 'the database URL lacks its user, host or database name', { guidance });
  }
  return {
    kind: definition.kind,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? port : Number(url.port),
    user: decodeURIComponent(url.username),
    password,
    database,
  };
}
