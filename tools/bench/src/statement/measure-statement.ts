import { spawn } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '@lifeboat/testkit';
import pg from 'pg';

import { librarySql } from './library.ts';

const ROWS = '1000000';
const DATABASE = 'library';

/**
 * `bench statement`: what it takes to check a library's document rows. The work is done in a process of its own, whose
 * memory is told; pg_dump and the server are others. Exit code 0 when the check found exactly what was done to it.
 */
export async function measureStatement(args: string[], dir: string): Promise<number> {
  const { values } = parseArgs({ args, options: { rows: { type: 'string', default: ROWS } } });
  const rows = Number(values.rows);
  await using closing = new AsyncDisposableStack();
  const server = await startPostgres({ dir: path.join(dir, 'database') });
  closing.defer(() => server.stop());
  await makeLibrary(server, rows);
  const worker = path.join(import.meta.dirname, 'check-library.ts');
  const { host, port, user, password } = server;
  const target = { kind: 'postgresql', host, port, user, password, database: DATABASE };
  const child = spawn(process.execPath, [worker], { stdio: ['pipe', 'inherit', 'inherit'] });
  // Not as an argument: it holds the password.
  child.stdin.end(JSON.stringify({ target, rows, dir }));
  return await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function makeLibrary(
  { host, port, user, password }: { host: string; port: number; user: string; password: string },
  rows: number,
): Promise<void> {
  const to = (database: string) => new pg.Client({ host, port, user, password, database });
  const administrator = to('postgres');
  await administrator.connect();
  await administrator.query(`create database ${DATABASE}`);
  await administrator.end();
  const library = to(DATABASE);
  await library.connect();
  for (const statement of librarySql(rows)) await library.query(statement);
  await library.end();
}
