import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, startPostgres, tempDir, type DatabaseServer, type TempDir } from '@lifeboat/testkit';
import { stringify } from 'yaml';

import { ServerProcess, type AgentProcess, type CliResult } from '../src/index.ts';
import { joinAgent, query, type SetAnswer } from './connection.fixture.ts';

let dir: TempDir;
let postgres: DatabaseServer;
let server: ServerProcess;
let agent: AgentProcess;

beforeAll(async () => {
  dir = await tempDir('lifeboat-database-trouble');
  [postgres, server] = await Promise.all([startPostgres(), ServerProcess.start(dir.join('server'))]);
  await query(postgres, 'postgres', 'create database portal');
  await query(
    postgres,
    'portal',
    `create table entry (id bigint primary key, text text);
     insert into entry select n, repeat(md5(n::text), 20) from generate_series(1, 100000) n;
     create role reader login password 'a-reader-s-password';
     grant connect on database portal to reader`,
  );
  await applyDatabase({});
  agent = await joinAgent(server, dir, 'portal', 'node-1', dir.path);
  await server.waitForNodes('portal', 1);
});

afterAll(async () => {
  await Promise.all([agent?.stop(), server?.stop()]);
  await postgres?.stop();
  await dir?.remove();
});

describe('a set of a cluster whose database', () => {
  it('cannot be reached fails, and says what was tried', async () => {
    const port = await freePort();
    await applyDatabase({ port });
    expect(await takeSet()).toEqual({
      code: 1,
      said: expect.stringMatching(/DATABASE_UNREACHABLE/) as unknown,
    });
    expect((await takeSet()).said).toContain(`127.0.0.1:${port}`);
  });

  it('refuses the password fails, and names the account and not the password', async () => {
    await applyDatabase({ password: 'not-the-password' });
    const { code, said } = await takeSet();
    expect(code).toBe(1);
    expect(said).toContain('DATABASE_AUTHENTICATION');
    expect(said).toContain(postgres.user);
    expect(said).not.toContain('not-the-password');
  });

  it('does not show everything to its account fails, and prints the very GRANT that helps', async () => {
    await applyDatabase({ user: 'reader', password: 'a-reader-s-password' });
    const { code, said } = await takeSet();
    expect(code).toBe(1);
    expect(said).toContain('DATABASE_GRANTS');
    const grants = said.match(/GRANT [^;]*;/g) ?? [];
    expect(grants).not.toEqual([]);
    for (const grant of grants) await query(postgres, 'portal', grant);
    const granted = await takeSet();
    expect(granted.code === 0 ? 'sealed' : granted.said).toBe('sealed');
  });
});

describe('secrets', () => {
  it('stand in no process’s arguments and in no log while a set is taken', async () => {
    await applyDatabase({});
    const args = ['node', 'token', '--cluster', 'portal', '--node', 'node-1'] as const;
    const { token } = await server.json<{ token: string }>(...args);
    const watch = watchArguments();
    const taken = await takeSet();
    const seen = watch.stop();
    expect(taken).toMatchObject({ code: 0, said: expect.stringContaining('sealed') as unknown });
    expect(seen).toMatch(/pg_dump/);
    const logs = [server.process.stdout(), server.process.stderr(), agent.process.stderr()].join('\n');
    expect(logs).toContain('set came to rest');
    // Shown once, at the first start, to whoever started the server: not in its log.
    for (const secret of [postgres.password, 'a-reader-s-password', token]) {
      expect(seen).not.toContain(secret);
      expect(logs).not.toContain(secret);
    }
    expect(seen).not.toContain(server.token);
    expect(server.process.stderr()).not.toContain(server.token);
  });
});

/** Everything that any process of this machine had as arguments until `stop`. */
function watchArguments(): { stop(): string } {
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // It ended while we looked.
      }
    }
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => {
      clearInterval(timer);
      return [...seen].join('\n');
    },
  };
}

/** Applies the cluster's definition, its database as it is except for what is given. */
async function applyDatabase(wrong: { port?: number; user?: string; password?: string }): Promise<void> {
  const { host, port, user, password } = { ...postgres, ...wrong };
  const passwordFile = dir.join('password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const database = {
    kind: 'postgresql',
    url: `postgres://${user}@${host}:${port}/portal`,
    passwordFile,
    runOn: 'server',
  };
  const file = dir.join('portal.yaml');
  await writeFile(file, stringify({ cluster: 'portal', nodes: { 'node-1': {} }, database }));
  await server.json('cluster', 'apply', '-f', file);
}

/** As an operator sees it who asks for a set, then for what became of it. */
async function takeSet(): Promise<{ code: number | null; said: string }> {
  const run: CliResult = await server.cli('backup', 'run', '--cluster', 'portal', '--wait');
  const [latest] = await server.json<SetAnswer[]>('set', 'list', '--cluster', 'portal');
  const shown = await server.cli('set', 'show', latest!.set);
  return { code: run.code, said: [run.stdout, run.stderr, shown.stdout].join('\n') };
}
