import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, type Log } from '@lifeboat/kernel';
import { query } from '../testing/test-catalog.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { startOfProcess } from './process-table.ts';

const HOLDER = join(import.meta.dirname, '..', 'testing', 'hold-postgres.ts');

// One data directory for all tests, since making one takes as long as all else; each test leaves it stopped.
let directory: string;
let dataDir: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-embedded-'));
  dataDir = join(directory, 'data', 'postgres');
});
afterAll(() => rm(directory, { recursive: true }));

async function start(log: Log = silentLog) {
  return startEmbeddedPostgres({ dataDir, log });
}

/** Another process that runs the database, ready, with one committed row. */
async function startHolder(text: string, path = process.env['PATH']): Promise<ChildProcess> {
  const holder = spawn(process.execPath, [HOLDER, dataDir, text], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path },
  });
  const [line] = await Promise.race([
    once(createInterface({ input: holder.stdout! }), 'line'),
    once(holder, 'exit').then(() => ['']),
  ]);
  expect(line).toMatch(/^postgres:/);
  return holder;
}

async function killHard(holder: ChildProcess): Promise<void> {
  const exited = once(holder, 'exit');
  holder.kill('SIGKILL');
  await exited;
}

async function postmasterPid(): Promise<number> {
  return Number((await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

async function keptRows(url: string): Promise<unknown[]> {
  return (await query(url, 'select text from kept order by text')).map(({ text }) => text);
}

/** A PATH with `id` and nothing else, so that the database cannot be tied to the life of its parent. */
async function pathWithoutSetpriv(): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  for (const place of (process.env['PATH'] ?? '').split(delimiter)) {
    const there = await stat(join(place, 'id')).catch(() => undefined);
    if (there === undefined) continue;
    await symlink(join(place, 'id'), join(bin, 'id'));
    break;
  }
  return bin;
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data over a clean stop, and its password for its owner alone', async () => {
    const first = await start();
    await query(first.url, 'create table kept (text text)');
    await query(first.url, `insert into kept values ('clean stop')`);
    expect((await stat(`${dataDir}.password`)).mode & 0o777).toBe(0o600);
    await first.stop();
    const second = await start();
    expect(await keptRows(second.url)).toEqual(['clean stop']);
    await second.stop();
    await second.stop();
  });

  it('listens on loopback, with a password, and on no socket file', async () => {
    const server = await start();
    const wrong = Object.assign(new URL(server.url), { password: 'wrong' }).href;
    await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const [settings] = await query(
      server.url,
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
              current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync`,
    );
    expect(settings).toEqual({ addresses: '127.0.0.1', sockets: '', commit: 'on', fsync: 'on' });
    await server.stop();
  });

  it('does not put its password into a log line', async () => {
    const lines: string[] = [];
    const record = (fields: object, message: string): void =>
      void lines.push(JSON.stringify([fields, message]));
    const log: Log = { debug: record, info: record, warn: record, error: record, child: () => log };
    const server = await start(log);
    const { password } = new URL(server.url);
    await query(Object.assign(new URL(server.url), { password: 'wrong' }).href, 'select 1').catch(
      () => undefined,
    );
    await server.stop();
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.join('\n')).not.toContain(password);
  });

  it('belongs to one living process', async () => {
    const server = await start();
    await expect(start()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();

    const holder = await startHolder('from another process');
    await expect(start()).rejects.toMatchObject({ code: 'CONFLICT' });
    await killHard(holder);
  });

  it('comes back after kill -9 of its process with everything committed', async () => {
    for (const text of ['killed once', 'killed twice']) await killHard(await startHolder(text));
    const server = await start();
    expect(await keptRows(server.url)).toEqual(expect.arrayContaining(['killed once', 'killed twice']));
    await server.stop();
  });

  it('is stopped and started again when it has outlived its killed process', async () => {
    await chmod(directory, 0o755); // without setpriv nothing can carry it through a closed directory
    const holder = await startHolder('outlived', await pathWithoutSetpriv());
    const leftOver = await postmasterPid();
    await killHard(holder);
    expect(await startOfProcess(leftOver)).toBeDefined();
    const server = await start();
    expect(await startOfProcess(leftOver)).toBeUndefined();
    expect(await keptRows(server.url)).toContain('outlived');
    await server.stop();
  });

  it('is not mistaken for another process that has its old number', async () => {
    await (await start()).stop();
    await writeFile(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n1\n5432\n\n127.0.0.1\n`);
    const server = await start();
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('begins anew after a crash in the middle of its making', async () => {
    const halfMade = join(directory, 'half-made');
    await mkdir(`${halfMade}.new`);
    await writeFile(join(`${halfMade}.new`, 'PG_VERSION'), '18\n');
    await writeFile(`${halfMade}.owner`, '{"pid":');
    const server = await startEmbeddedPostgres({ dataDir: halfMade, log: silentLog });
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('refuses a directory of another major release, and one whose password is lost', async () => {
    await rm(`${dataDir}.password`);
    await expect(start()).rejects.toMatchObject({ code: 'KEY_MISSING' });
    await writeFile(join(dataDir, 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' });
  });
});
