import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseServer, DatabaseServerOptions } from './database-server.ts';
import { freePort } from '../free-port.ts';
import { openServerHome } from './server-home.ts';
import { runTool, ServerProcess } from './server-process.ts';

const execute = promisify(execFile);
const USER = 'lifeboat';

/** Starts the newest installed PostgreSQL on a free loopback port: SCRAM passwords, no fsync, UTF-8. */
export async function startPostgres(options: DatabaseServerOptions = {}): Promise<DatabaseServer> {
  const programs = postgresPrograms();
  const home = await openServerHome('postgres', options.dir);
  const data = join(home.dir, 'data');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const account = ['-U', USER, '--auth=scram-sha-256', `--pwfile=${join(home.dir, 'password')}`];
    const shape = ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions'];
    await runTool(join(programs, 'initdb'), ['-D', data, ...account, ...shape], home.dir);
  }
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'shared_buffers=32MB', 'max_connections=50'];
  const server = new ServerProcess(
    join(programs, 'postgres'),
    [
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      home.dir,
      ...settings.flatMap((s) => ['-c', s]),
      ...(options.args ?? []),
    ],
    home.dir,
    'INT',
  );
  await server.ready(() =>
    execute(
      join(programs, 'psql'),
      ['-h', '127.0.0.1', '-p', String(port), '-U', USER, '-c', 'select 1', 'postgres'],
      {
        env: { ...process.env, PGPASSWORD: home.password, PGCONNECT_TIMEOUT: '5' },
        cwd: '/',
      },
    ),
  );
  return {
    host: '127.0.0.1',
    port,
    user: USER,
    password: home.password,
    socket: home.dir,
    pid: server.pid,
    stop: () => server.end('SIGINT', home.temporary ? home.dir : undefined),
    kill: () => server.end('SIGKILL'),
  };
}

/** Directory of the newest installed server's programs. */
function postgresPrograms(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Number.isFinite) : [];
  const newest = versions
    .sort((a, b) => b - a)
    .map((version) => join(root, String(version), 'bin'))
    .find((bin) => existsSync(join(bin, 'postgres')));
  if (newest === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return newest;
}
