import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseServer, DatabaseServerOptions } from './database-server.ts';
import { freePort } from '../free-port.ts';
import { openServerHome } from './server-home.ts';
import { runTool, ServerProcess } from './server-process.ts';
import { unprivileged } from './unprivileged.ts';

const execute = promisify(execFile);
const USER = 'lifeboat';

/** Starts MariaDB on a free loopback port: binary log on, utf8mb4, a password account with every right. */
export async function startMariaDb(options: DatabaseServerOptions = {}): Promise<DatabaseServer> {
  const mariadbd = '/usr/sbin/mariadbd';
  if (!existsSync(mariadbd)) throw new Error('MariaDB is not installed: apt-get install mariadb-server');
  const home = await openServerHome('mariadb', options.dir);
  const data = join(home.dir, 'data');
  if (!existsSync(join(data, 'mysql'))) {
    const shape = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-log-bin'];
    await runTool('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, ...shape], home.dir);
  }
  const port = await freePort();
  const socket = join(home.dir, 's.sock');
  const server = new ServerProcess(
    mariadbd,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(home.dir, 'pid')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--init-file=${await accountsFile(home.dir, home.password)}`,
      `--log-bin=${join(data, 'bin')}`,
      '--binlog-format=ROW',
      '--server-id=1',
      '--innodb-flush-log-at-trx-commit=2',
      '--innodb-buffer-pool-size=32M',
      '--innodb-log-file-size=16M',
      '--performance-schema=OFF',
      '--skip-name-resolve',
      `--tmpdir=${home.dir}`,
      `--log-error=${join(home.dir, 'err.log')}`,
      '--character-set-server=utf8mb4',
      ...(options.args ?? []),
    ],
    home.dir,
    'TERM',
  );
  await server.ready(() =>
    execute('mariadb', ['--no-defaults', '-h127.0.0.1', `-P${port}`, `-u${USER}`, '-e', 'select 1'], {
      env: { ...process.env, MYSQL_PWD: home.password },
    }),
  );
  return {
    host: '127.0.0.1',
    port,
    user: USER,
    password: home.password,
    socket,
    pid: server.pid,
    stop: () => server.end('SIGTERM', home.temporary ? home.dir : undefined),
    kill: () => server.end('SIGKILL'),
  };
}

/** Statements that the server runs at every start: the account is there, whatever the data directory's past. */
async function accountsFile(dir: string, password: string): Promise<string> {
  const file = join(dir, 'accounts.sql');
  const account = `'${USER}'@'%'`;
  const statements = [
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION;`,
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
  ];
  await writeFile(file, `${statements.join('\n')}\n`, { mode: 0o600 });
  if (unprivileged !== undefined) await chown(file, unprivileged.uid, unprivileged.gid);
  return file;
}
