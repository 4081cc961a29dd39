import { createServer } from 'node:http';
import { readFileSync, existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { discover, parseJdbcUrl, readDatabasePassword, type FileView } from '@lifeboat/dxp';
import { messageOf } from '@lifeboat/kernel';
import { openDatabase, type DatabaseSettings } from '../database.ts';
import { TOMCAT } from '../home-files.ts';

export interface ServeOptions {
  readonly home: string;
  /** Of the connector in `conf/server.xml` when left out. */
  readonly port?: number | undefined;
  readonly pidFile: string;
  /** Time the portal takes to start: until then a request is answered with 503. */
  readonly startDelayMs: number;
}

/**
 * Plays a node's portal in the foreground: works in the server's folder, keeps a log file open, and is healthy when
 * the database that its own configuration names answers. Ends on SIGTERM.
 */
export async function serveNode(options: ServeOptions): Promise<void> {
  const { home, pidFile } = options;
  const tomcat = join(home, TOMCAT);
  process.chdir(tomcat);
  await mkdir(join(home, 'logs'), { recursive: true });
  await mkdir(join(home, 'osgi/state'), { recursive: true });
  const log = await open(join(home, 'logs', `liferay.${new Date().toISOString().slice(0, 10)}.log`), 'a');
  const say = (line: string): Promise<unknown> =>
    log.write(`${new Date().toISOString()} INFO [main] ${line}\n`);
  await writeFile(join(home, 'osgi/state/framework.info'), `started by ${process.pid}\n`);
  await writeFile(pidFile, `${process.pid}\n`);
  await say('Starting Liferay (simulated)');

  let ready = false;
  const server = createServer((request, response) => {
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
    };
    if (!ready) return answer(503, 'starting');
    portalBuild(home).then(
      (build) => answer(200, `Liferay ${build}`),
      (error: unknown) => answer(503, messageOf(error)),
    );
    void say(`${request.method} ${request.url}`);
  });
  const port = options.port ?? (await connectorPort(tomcat));
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  const beat = setInterval(() => void say('heart beat'), 500);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([sleep(options.startDelayMs), stopped]);
  ready = true;
  await say(`Server startup in ${options.startDelayMs} ms`);
  await stopped;
  clearInterval(beat);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await say('Stopped');
  await log.close();
}

/** The portal's build number, read from the database: a connection of its own each time, as after a restart. */
async function portalBuild(home: string): Promise<string> {
  const database = await openDatabase(databaseOf(home), 1);
  try {
    const [row] = await database.query(
      "select buildNumber as build from Release_ where servletContextName = 'portal'",
    );
    if (row === undefined) throw new Error('Release_ has no row of the portal');
    return String(row.build);
  } finally {
    await database.close();
  }
}

function databaseOf(home: string): DatabaseSettings {
  const options = { liferayHome: home, processes: [{ args: process.argv, env: stringsOf(process.env) }] };
  const installation = discover(diskView, options);
  const target = parseJdbcUrl(installation.jdbc?.url ?? '');
  if (target === undefined) throw new Error(`${home} configures no database`);
  return {
    kind: target.kind === 'postgresql' ? 'postgresql' : 'mariadb',
    host: target.host,
    port: target.port,
    database: target.database,
    user: installation.jdbc!.username,
    password: readDatabasePassword(diskView, options) ?? '',
  };
}

async function connectorPort(tomcat: string): Promise<number> {
  const text = await readFile(join(tomcat, 'conf/server.xml'), 'utf8');
  const port = /<Connector\s+port="(\d+)"/.exec(text)?.[1];
  if (port === undefined) throw new Error(`${tomcat}/conf/server.xml names no connector port`);
  return Number(port);
}

const diskView: FileView = {
  read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  list: (path) => (existsSync(path) ? readdirSync(path) : undefined),
  exists: existsSync,
  realPath: (path) => (existsSync(path) ? realpathSync(path) : undefined),
};

function stringsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
