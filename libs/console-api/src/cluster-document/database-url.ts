import { LifeboatError } from '@lifeboat/kernel';
import type { DatabaseDefinition } from '@lifeboat/model';

const PROTOCOLS: Record<DatabaseDefinition['kind'], readonly string[]> = {
  postgresql: ['postgres:', 'postgresql:'],
  mariadb: ['mariadb:', 'mysql:'],
  mysql: ['mysql:'],
};

/**
 * `postgres://user@host:port/name`: kind and scheme agree, user, host and name are there, a password is not.
 * The message never repeats the URL: it may hold a password.
 * @throws LifeboatError USAGE
 */
export function checkDatabaseUrl(kind: DatabaseDefinition['kind'], text: string): void {
  const protocols = PROTOCOLS[kind];
  const url = URL.canParse(text)
    ? new URL(text)
    : refuse(`is not a URL such as ${protocols[0]}//user@host:port/name`);
  if (url.password !== '') {
    throw new LifeboatError('USAGE', 'the cluster definition is not valid: database.url: holds a password', {
      guidance: 'Take it out of the URL and name a file that holds it: passwordFile.',
    });
  }
  if (!protocols.includes(url.protocol))
    refuse(`must begin with ${protocols.join('// or ')}// for kind ${kind}`);
  if (url.hostname === '') refuse('has no host');
  if (url.username === '') refuse('has no user before the @');
  if (!/^\/[^/]+$/.test(url.pathname)) refuse('must end with the name of one database');
  if (url.search !== '' || url.hash !== '')
    refuse('must end with the database’s name: parameters are not supported yet');
}

function refuse(problem: string): never {
  throw new LifeboatError('USAGE', `the cluster definition is not valid: database.url: ${problem}`, {
    guidance: 'For example postgres://lportal@db.example.com:5432/lportal.',
  });
}
