import { readdirSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  seededBytes,
  startPostgres,
  tempDir,
  waitUntil,
  type DatabaseServer,
  type TempDir,
} from '@lifeboat/testkit';

import { ServerProcess, type AgentProcess } from '../src/index.ts';
import { applyDirectories, createDatabase, joinAgent, query, type SetAnswer } from './connection.fixture.ts';

const MIB = 1024 * 1024;
const FILES = 36;
const FILE_BYTES = 4 * MIB;
const TREE_BYTES = FILES * FILE_BYTES;
/** Manifests and frame headers, and what a set captures beside the tree. */
const OVERHEAD_BYTES = MIB;
/** Of a capture: read and not sent, or sent and not acknowledged, a file and the rest of one more each. */
const IN_FLIGHT_BYTES = 8 * FILE_BYTES;

let dir: TempDir;
let postgres: DatabaseServer;
let server: ServerProcess;
let agent: AgentProcess;
let root: string;
/** Acknowledged before the set under way. */
let earlierBytes: number;

beforeAll(async () => {
  dir = await tempDir('lifeboat-connection');
  root = dir.join('content');
  postgres = await startPostgres();
  server = await startServer(await createDatabase(postgres, 'lifeboat'));
  await applyDirectories(server, dir, 'portal', { 'node-1': root });
  agent = await joinAgent(server, dir, 'portal', 'node-1', root);
  await server.waitForNodes('portal', 1);
});

afterAll(async () => {
  agent?.process.child.kill('SIGCONT');
  await Promise.all([agent?.stop(), server?.stop()]);
  await postgres?.stop();
  await dir?.remove();
});

describe('an agent', () => {
  it('that starts while its server is down says so, and connects when the server is there', async () => {
    await Promise.all([agent.stop(), server.stop()]);
    agent.start();
    await agent.process.waitForLine(/"UNREACHABLE".*session ended/);
    await restartServer();
    await server.waitForNodes('portal', 1);
  });
});

describe('a server that ends in mid-stream', () => {
  it('by SIGTERM fails the set with a reason, and the next set reads and sends what was not durable yet, no more', async () => {
    const interrupted = await setInMidStream('stopped');
    await server.stop();
    await restartServer();
    expect(await show(interrupted)).toMatchObject({
      state: 'failed',
      failure: {
        code: 'INTERRUPTED',
        message: expect.stringContaining('the server was stopped') as unknown,
        guidance: expect.stringContaining('not sent twice') as unknown,
      },
    });
    await nextSetSendsTheRest();
  });

  it('by kill -9 loses nothing that it had acknowledged, and says what became of the set', async () => {
    const interrupted = await setInMidStream('killed');
    await server.kill();
    await restartServer();
    expect(await show(interrupted)).toMatchObject({
      state: 'failed',
      failure: { code: 'INTERRUPTED', message: expect.stringContaining('precopying') as unknown },
    });
    // The dead server's lease would run out within a minute.
    await query(postgres, 'lifeboat', 'update leases set expires_at = clock_timestamp()');
    await nextSetSendsTheRest();
  });

  /** The agent, which had seen nothing of it, comes back by itself and drops what nobody waits for any more. */
  async function nextSetSendsTheRest(): Promise<void> {
    const durable = (await acknowledgedBytes()) - earlierBytes;
    expect(durable).toBeGreaterThan(0);
    agent.process.child.kill('SIGCONT');
    await server.waitForNodes('portal', 1);
    await agent.process.waitForLine(/the capture was cancelled/);
    const next = await takeSet();
    expect(next).toMatchObject({ guarantee: 'consistent' });
    expect(next.bytes.read).toBeLessThanOrEqual(TREE_BYTES - durable + IN_FLIGHT_BYTES);
    expect(next.bytes.wire).toBeLessThanOrEqual(TREE_BYTES - durable + OVERHEAD_BYTES);
  }
});

describe('an agent killed in mid-stream', () => {
  it('does its part again when it is back, and the same set is sealed without reading what was finished, or sending anything, twice', async () => {
    const set = await setInMidStream('agent');
    await agent.kill();
    const durable = (await acknowledgedBytes()) - earlierBytes;
    agent.start();
    const sealed = await waitUntil('the set to be sealed', async () => {
      const seen = await show(set);
      return ['sealed', 'proved', 'failed'].includes(seen.state) ? seen : undefined;
    });
    expect(sealed).toMatchObject({ guarantee: 'consistent' });
    expect(sealed.bytes.read).toBeLessThanOrEqual(TREE_BYTES - durable + IN_FLIGHT_BYTES);
    expect(sealed.bytes.wire).toBeLessThanOrEqual(TREE_BYTES - durable + OVERHEAD_BYTES);
  });
});

describe('a set', () => {
  it('is taken alone: of two requested at once, one is refused and named the other', async () => {
    await makeContent('alone');
    agent.process.child.kill('SIGSTOP');
    const asked = () => server.cli('backup', 'run', '--cluster', 'portal', '--json');
    const [won, lost] = (await Promise.all([asked(), asked()])).sort((a, b) => a.code! - b.code!);
    expect([won?.code, lost?.code]).toEqual([0, 6]);
    const { set } = JSON.parse(won!.stdout) as SetAnswer;
    expect(`${lost?.stdout}${lost?.stderr}`).toMatch(/SET_RUNNING/);
    expect(`${lost?.stdout}${lost?.stderr}`).toContain(set);
    await cancelled(set);
  });

  it('that is cancelled ends at once on both sides, and leaves the cluster free for the next', async () => {
    await cancelled(await setInMidStream('cancelled'));
    await agent.process.waitForLine(/the capture was cancelled/);
    expect(await takeSet()).toMatchObject({ guarantee: 'consistent' });
  });

  async function cancelled(set: string): Promise<void> {
    expect((await server.cli('set', 'cancel', set)).code).toBe(0);
    await waitUntil('the set to end', async () => (await show(set)).state === 'cancelled');
    agent.process.child.kill('SIGCONT');
  }
});

async function startServer(database: string, ports = { grpc: 0, http: 0 }): Promise<ServerProcess> {
  const env = { LIFEBOAT_DATABASE_URL: database };
  return ServerProcess.start(dir.join('server'), { env, ports });
}

async function restartServer(): Promise<void> {
  const { user, password, host, port } = postgres;
  server = await startServer(`postgres://${user}:${password}@${host}:${port}/lifeboat`, server.ports);
}

/** A tree of bytes that no set has seen before. */
async function makeContent(seed: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await mkdir(root);
  for (let file = 0; file < FILES; file += 1) {
    await writeFile(path.join(root, `${file}.bin`), seededBytes(`${seed}-${file}`, FILE_BYTES));
  }
  // A file that was changed within two seconds of being read is read again, for no time shows what came then.
  await sleep(2100);
}

/** Begins a set of new content and freezes the agent when a part of it, and not all, has reached the server. */
async function setInMidStream(seed: string): Promise<string> {
  await makeContent(seed);
  earlierBytes = await acknowledgedBytes();
  const before = storedBytes();
  const { set } = await server.json<SetAnswer>('backup', 'run', '--cluster', 'portal');
  await waitUntil('bytes to arrive', () => storedBytes() > before + TREE_BYTES / 2, { everyMs: 5 });
  agent.process.child.kill('SIGSTOP');
  expect(storedBytes()).toBeLessThan(before + TREE_BYTES);
  expect((await show(set)).state).toBe('precopying');
  return set;
}

function storedBytes(): number {
  return readdirSync(server.data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('catalog'))
    .reduce((sum, entry) => sum + sizeOf(path.join(entry.parentPath, entry.name)), 0);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What the catalog knows as durable: what was acknowledged to an agent, in sealed bytes. */
async function acknowledgedBytes(): Promise<number> {
  return Number(await query(postgres, 'lifeboat', 'select coalesce(sum(length), 0) from chunks'));
}

async function takeSet(): Promise<SetAnswer> {
  return server.json<SetAnswer>('backup', 'run', '--cluster', 'portal', '--wait');
}

function show(set: string): Promise<SetAnswer> {
  return server.json<SetAnswer>('set', 'show', set);
}
