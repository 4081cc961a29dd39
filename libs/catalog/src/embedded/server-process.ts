import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { LifeboatError, type Log } from '@lifeboat/kernel';
import type { Account } from './account.ts';
import { PROGRAM_ENVIRONMENT } from './data-directory.ts';

const ATTEMPTS = 3;
const READY = 'database system is ready to accept connections';
/** After this long a fast shutdown becomes an immediate one, which is safe: the next start recovers from the log. */
const STOP_LIMIT = 20_000;

/** For a small catalog: a few ten thousand to a few ten million rows, one server process, durable commits. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 50,
  shared_buffers: '64MB',
  synchronous_commit: 'on',
  wal_level: 'replica',
  min_wal_size: '80MB',
  max_wal_size: '512MB',
  jit: 'off',
  // Parallel workers need /dev/shm, which containers keep small; input and output workers only cost memory here.
  max_parallel_workers_per_gather: 0,
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export interface ServerProcess {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts PostgreSQL on a free loopback port and resolves when it accepts connections. */
export async function startServerProcess(
  postgres: string,
  dataDir: string,
  account: Account,
  log: Log,
): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return await startOn(port, postgres, dataDir, account, log);
    } catch (error) {
      // Between our looking for a free port and the server's taking it, someone else may have taken it.
      if (attempt === ATTEMPTS) throw error;
      log.warn({ attempt, port }, 'the embedded PostgreSQL did not start; trying again on another port');
    }
  }
}

async function startOn(
  port: number,
  postgres: string,
  dataDir: string,
  account: Account,
  log: Log,
): Promise<ServerProcess> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = postgres, ...rest] = [
    ...account.prefix,
    postgres,
    '-D',
    dataDir,
    '-p',
    `${port}`,
    ...settings,
  ];
  const child = spawn(command, rest, {
    ...account.spawnOptions,
    env: PROGRAM_ENVIRONMENT,
    cwd: '/',
    // A group of its own: Ctrl-C at the terminal is for us, and we stop the database last.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await becomeReady(child, log);
  let stopping = false;
  child.once('exit', (code, signal) => {
    if (!stopping) log.error({ code, signal }, 'the embedded PostgreSQL has ended by itself');
  });
  return {
    port,
    stop: async () => {
      stopping = true;
      await stopChild(child);
    },
  };
}

async function becomeReady(child: ChildProcess, log: Log): Promise<void> {
  const lastLines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      logLine(line, log);
      if (lastLines.push(line) > 20) lastLines.shift();
      if (line.includes(READY)) resolve();
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      reject(
        new LifeboatError(
          'DATABASE_UNREACHABLE',
          `the embedded PostgreSQL did not start (${code ?? signal})`,
          {
            guidance: 'Its last words are in the context.',
            context: { lastLines },
          },
        ),
      );
    });
  });
  lastLines.length = 0;
}

const SEVERE = /\b(WARNING|ERROR|FATAL|PANIC):/;

function logLine(line: string, log: Log): void {
  if (SEVERE.test(line)) log.warn({ line }, 'embedded PostgreSQL');
  else log.debug({ line }, 'embedded PostgreSQL');
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const limit = setTimeout(() => child.kill('SIGQUIT'), STOP_LIMIT);
  child.kill('SIGINT');
  await exited;
  clearTimeout(limit);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'object' && address !== null) return address.port;
  throw new LifeboatError('INTERNAL', 'a listening server has no port');
}
