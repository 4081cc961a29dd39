import { randomUUID, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CertificateAuthority, createJoinToken, createCsr, createNodeKeyAndCsr } from '@lifeboat/identity';
import { type ClusterId, type NodeId } from '@lifeboat/kernel';
import { AgentChannel, fromStatus } from '@lifeboat/rpc';
import { systemClock } from '@lifeboat/runtime';
import {
  movableClock,
  startPostgres,
  tempDir,
  waitUntil,
  type DatabaseServer,
  type ProcessResult,
  type TempDir,
} from '@lifeboat/testkit';

import type { AgentProcess } from '../src/index.ts';
import { ServerProcess, startProgram } from '../src/index.ts';
import { applyDirectories, createDatabase, joinAgent, query, stateFile } from './connection.fixture.ts';

const DAY = 24 * 3600 * 1000;

let dir: TempDir;
let postgres: DatabaseServer;
/** Home of all agents here, and a second Lifeboat that knows nothing of the first. */
let server: ServerProcess;
let other: ServerProcess;

beforeAll(async () => {
  dir = await tempDir('lifeboat-enrolment');
  postgres = await startPostgres();
  const start = async (name: string) => {
    const env = { LIFEBOAT_DATABASE_URL: await createDatabase(postgres, name) };
    return ServerProcess.start(dir.join(name), { env });
  };
  [server, other] = await Promise.all([start('ours'), start('theirs')]);
  const directories = ['token', 'expired', 'abroad', 'revoked', 'cloned', 'renewed'].map((node) => [
    node,
    dir.join('content', node),
  ]);
  await Promise.all([
    applyDirectories(server, dir, 'portal', Object.fromEntries(directories)),
    applyDirectories(other, dir, 'elsewhere', { 'node-1': dir.join('content/theirs') }),
  ]);
});

afterAll(async () => {
  await Promise.all([server?.stop(), other?.stop()]);
  await postgres?.stop();
  await dir?.remove();
});

describe('a join token', () => {
  it('that is none, or that nobody made, lets nobody in', async () => {
    expect(await join('hello')).toMatchObject(refusal(4, 'TOKEN_INVALID'));
    const authority = await authorityOf(server);
    expect(await join(createJoinToken(authority.fingerprint).token)).toMatchObject(
      refusal(4, 'TOKEN_INVALID'),
    );
  });

  it('is good for one join only', async () => {
    const token = await tokenFor('token');
    expect(await join(token, 'first')).toMatchObject({ code: 0 });
    expect(await join(token, 'second')).toMatchObject(refusal(4, 'TOKEN_USED'));
    expect(existsSync(dir.join('second', 'identity.json'))).toBe(false);
  });

  it('is worth nothing after its time', async () => {
    const token = await tokenFor('expired');
    await query(postgres, 'ours', `update join_tokens set expires_at = now() where node = 'expired'`);
    expect(await join(token, 'late')).toMatchObject(refusal(4, 'TOKEN_EXPIRED'));
  });

  it('is not even shown to a server that did not make it', async () => {
    const token = await tokenFor('abroad');
    const refused = await join(token, 'abroad', other);
    expect(refused).toMatchObject(refusal(4, 'CERTIFICATE_UNKNOWN_CA'));
    expect(refused.stderr).toContain('somebody may be between');
    expect(await join(token, 'abroad')).toMatchObject({ code: 0 });
  });
});

describe('an agent', () => {
  it('of one Lifeboat is let in by no other, and says why while it goes on trying', async () => {
    const agent = await joinAgent(server, dir, 'portal', 'abroad', dir.join('content/abroad'));
    await agent.stop();
    // It meets the other server where its own should be.
    await pointTo(agent, other);
    agent.start();
    await agent.process.waitForLine(/CERTIFICATE_UNKNOWN_CA/);
    expect((await agent.process.end()).code).toBe(0);
    // It would trust that server too, but that server does not know its certificate's authority.
    await writeFile(stateFile(agent, 'ca.pem'), (await authorityOf(other)).pem);
    agent.start();
    await agent.process.waitForLine(/session ended/);
    expect(agent.process.stderr()).not.toContain('"connected"');
    expect((await agent.process.end()).code).toBe(0);
  });

  it('with a certificate for a node that the server does not know ends', async () => {
    const agent = await joinAgent(server, dir, 'portal', 'abroad', dir.join('content/abroad'));
    await agent.stop();
    const authority = await authorityOf(server);
    const { keyPem, csrPem } = await createNodeKeyAndCsr();
    const nobody = { cluster: randomUUID() as ClusterId, node: randomUUID() as NodeId };
    await writeFile(stateFile(agent, 'node.key'), keyPem);
    await writeFile(stateFile(agent, 'node.pem'), (await authority.signNode(csrPem, nobody)).certificatePem);
    agent.start();
    expect(await agent.process.done).toMatchObject(refusal(4, 'FOREIGN_CLUSTER'));
  });

  it('that was revoked is cut off where it stands and let in by no call', async () => {
    const agent = await joinAgent(server, dir, 'portal', 'revoked', dir.join('content/revoked'));
    await online('revoked');
    const upload = await openUpload(agent.state);
    expect(upload.refusal).toBeUndefined();
    await server.json('node', 'revoke', 'revoked', '--cluster', 'portal');
    const ended = await agent.process.done;
    expect(ended).toMatchObject(refusal(4, 'CERTIFICATE_REVOKED'));
    expect(ended.stderr).toContain('lifeboat node token');
    expect(await upload.ended).toBe('CERTIFICATE_REVOKED');
    expect(await refusedUpload(agent)).toBe('CERTIFICATE_REVOKED');
    agent.start();
    expect(await agent.process.done).toMatchObject(refusal(4, 'CERTIFICATE_REVOKED'));
    expect(await nodeRow('revoked')).toMatchObject({ state: 'revoked', online: false });
  });

  it('whose state directory was copied to another machine ends there', async () => {
    const agent = await joinAgent(server, dir, 'portal', 'cloned', dir.join('content/cloned'));
    await online('cloned');
    await agent.stop();
    await query(postgres, 'ours', `update nodes set machine_id = 'the-original' where name = 'cloned'`);
    agent.start();
    const ended = await agent.process.done;
    expect(ended).toMatchObject(refusal(4, 'STATE_CLONED'));
    expect(ended.stderr).toContain('join it again');
  });
});

describe('a certificate past two thirds of its life', () => {
  it('is renewed over the live stream, and the one before it ends', async () => {
    const agent = await joinAgent(server, dir, 'portal', 'renewed', dir.join('content/renewed'));
    await online('renewed');
    await agent.stop();
    const old = await ageCertificate(agent);
    agent.start();
    const renewed = await waitUntil('another certificate', async () => {
      const certificate = await certificateOf(agent.state);
      return certificate.serialNumber === old.serialNumber ? undefined : certificate;
    });
    expect(renewed.validToDate.getTime()).toBeGreaterThan(Date.now() + 50 * DAY);
    expect(await query(postgres, 'ours', `select serial from nodes where name = 'renewed'`)).toBe(
      renewed.serialNumber.toLowerCase(),
    );
    // Calls that were under way may finish with the old one; after that time it is worth nothing.
    const before = dir.join('before');
    expect(await refusedUpload({ state: before })).toBeUndefined();
    await query(postgres, 'ours', `update nodes set previous_serial_until = now() where name = 'renewed'`);
    expect(await refusedUpload({ state: before })).toBe('CERTIFICATE_REVOKED');
    expect(await refusedUpload(agent)).toBeUndefined();
    await online('renewed');
    expect((await agent.process.end()).code).toBe(0);
  });

  /** Gives the agent a certificate of the same authority that ends in ten days; a copy of its state is kept. */
  async function ageCertificate(agent: AgentProcess): Promise<X509Certificate> {
    const { clusterId, nodeId } = JSON.parse(await readFile(stateFile(agent, 'identity.json'), 'utf8'));
    const then = movableClock(new Date(Date.now() - 50 * DAY));
    const authority = await CertificateAuthority.open(path.join(server.data, 'identity'), then);
    const csr = await createCsr(await readFile(stateFile(agent, 'node.key'), 'utf8'));
    const { certificatePem, serial } = await authority.signNode(csr, { cluster: clusterId, node: nodeId });
    await writeFile(stateFile(agent, 'node.pem'), certificatePem);
    await query(postgres, 'ours', `update nodes set serial = '${serial}' where name = 'renewed'`);
    await cp(agent.state, dir.join('before'), { recursive: true });
    return new X509Certificate(certificatePem);
  }
});

function refusal(code: number, name: string) {
  return { code, stderr: expect.stringContaining(`(${name})`) as unknown };
}

async function tokenFor(node: string): Promise<string> {
  const args = ['node', 'token', '--cluster', 'portal', '--node', node] as const;
  return (await server.json<{ token: string }>(...args)).token;
}

function join(token: string, state = 'nobody', at = server): Promise<ProcessResult> {
  const args = ['join', '--server', at.endpoints.http, '--token', '-', '--state', dir.join(state)];
  return startProgram('agent', args, { input: `${token}\n` }).done;
}

function authorityOf(of: ServerProcess): Promise<CertificateAuthority> {
  return CertificateAuthority.open(path.join(of.data, 'identity'), systemClock);
}

async function pointTo(agent: AgentProcess, target: ServerProcess): Promise<void> {
  const file = stateFile(agent, 'identity.json');
  const identity = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...identity, grpc: target.endpoints.grpc }));
}

async function certificateOf(state: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(path.join(state, 'node.pem'), 'utf8'));
}

interface NodeAnswer {
  readonly node: string;
  readonly online: boolean;
  readonly state: string;
}

async function nodeRow(name: string): Promise<NodeAnswer | undefined> {
  const rows = await server.json<NodeAnswer[]>('node', 'list', '--cluster', 'portal');
  return rows.find((row) => row.node === name);
}

async function online(name: string): Promise<void> {
  await waitUntil(`${name} to connect`, async () => (await nodeRow(name))?.online, { everyMs: 200 });
}

/** The code with which an upload with the credentials in this state directory is refused, if it is. */
async function refusedUpload({ state }: { state: string }): Promise<string | undefined> {
  const upload = await openUpload(state);
  upload.close();
  return upload.refusal;
}

async function openUpload(state: string) {
  const read = (name: string) => readFile(path.join(state, name), 'utf8');
  const channel = new AgentChannel({
    address: server.endpoints.grpc,
    caPem: await read('ca.pem'),
    keyPem: await read('node.key'),
    certificatePem: await read('node.pem'),
  });
  const call = channel.upload();
  const ended = new Promise<string>((resolve) =>
    call.on('error', (error) => resolve(fromStatus(error).code)),
  );
  const opened = new Promise<undefined>((resolve) => call.on('data', () => resolve(undefined)));
  call.write({ message: { $case: 'open', value: { operationId: randomUUID(), keys: [] } } });
  const close = (): void => {
    call.cancel();
    channel.close();
  };
  return { refusal: await Promise.race([opened, ended]), ended, close };
}
