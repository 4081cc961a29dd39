import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { API_BASE, ROUTES } from '@lifeboat/console-api';
import { CertificateAuthority, createJoinToken } from '@lifeboat/identity';
import type { Clock, ClusterId, NodeId } from '@lifeboat/kernel';
import { tempDir, type TempDir } from '@lifeboat/testkit';

import { joinCluster } from './join-cluster.ts';
import { fetchPinnedAuthority } from './pinned-authority.ts';

const CLUSTER = '0c9fdc04-5b5c-4f6b-9a4e-6d1a1a4a0001' as ClusterId;
const NODE = '0c9fdc04-5b5c-4f6b-9a4e-6d1a1a4a0002' as NodeId;
const clock: Clock = { now: () => new Date(), monotonic: () => performance.now() };

interface JoinServer {
  readonly url: URL;
  readonly authority: CertificateAuthority;
  /** What it was sent, in order. */
  readonly heard: { readonly url: string; readonly body: string }[];
  answer: { readonly status: number; readonly body: unknown } | undefined;
  close(): Promise<void>;
}

let directory: TempDir;
let ours: JoinServer;
let impostor: JoinServer;

beforeAll(async () => {
  directory = await tempDir();
  ours = await startServer('ours');
  impostor = await startServer('impostor');
});

afterAll(async () => {
  await ours.close();
  await impostor.close();
  await directory.remove();
});

beforeEach(() => {
  for (const server of [ours, impostor]) {
    server.heard.length = 0;
    server.answer = undefined;
  }
});

describe('fetchPinnedAuthority', () => {
  it('brings the authority that the token names', async () => {
    const pem = await fetchPinnedAuthority(ours.url, ours.authority.fingerprint);
    expect(pem.replaceAll(/\s/g, '')).toBe(ours.authority.pem.replaceAll(/\s/g, ''));
  });

  it('refuses every other server, and says that somebody may be in between', async () => {
    await expect(fetchPinnedAuthority(impostor.url, ours.authority.fingerprint)).rejects.toMatchObject({
      code: 'CERTIFICATE_UNKNOWN_CA',
      guidance: expect.stringContaining('somebody may be between'),
    });
    expect(impostor.heard).toEqual([]);
  });

  it('says where nobody answers', async () => {
    await expect(fetchPinnedAuthority(new URL('https://127.0.0.1:1'), 'ab')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

describe('joinCluster', () => {
  it('sends the token to nobody but the server that made it', async () => {
    const { token } = createJoinToken(ours.authority.fingerprint);
    const state = directory.join('deceived');
    await expect(join(impostor, token, state)).rejects.toMatchObject({ code: 'CERTIFICATE_UNKNOWN_CA' });
    expect(impostor.heard).toEqual([]);
    await expect(stat(state)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses an address without TLS, and a token that is none, before it dials', async () => {
    const { token } = createJoinToken(ours.authority.fingerprint);
    const state = directory.join('never');
    const plain = { server: 'http://127.0.0.1:9440', token, state, home: undefined };
    await expect(joinCluster(plain)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(join(ours, 'lbj_short', state)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    expect(ours.heard).toEqual([]);
  });

  it('keeps its key, and a policy that allows nothing but reading this Home', async () => {
    const { token } = createJoinToken(ours.authority.fingerprint);
    const state = directory.join('joined');
    await expect(join(ours, token, state)).resolves.toMatchObject({ cluster: 'demo', node: 'node-1' });
    const request = JSON.parse(ours.heard[0]!.body) as Record<string, string>;
    expect(ours.heard[0]!.url).toBe(`${API_BASE}${ROUTES.join.path}`);
    expect(request['token']).toBe(token);
    expect(JSON.stringify(request)).not.toContain('PRIVATE KEY');
    const files = await readdir(state);
    expect(files.sort()).toEqual(['agent.yaml', 'ca.pem', 'identity.json', 'node.key', 'node.pem']);
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    expect((await stat(`${state}/node.key`)).mode & 0o777).toBe(0o600);
    const policy = await readFile(`${state}/agent.yaml`, 'utf8');
    expect(policy).toContain('/opt/portal');
    expect(policy).toContain('mayRestore: false');
  });

  it('leaves the operator’s policy alone when a node joins again', async () => {
    const { token } = createJoinToken(ours.authority.fingerprint);
    const state = directory.join('joined-twice');
    await join(ours, token, state);
    const before = await readFile(`${state}/agent.yaml`, 'utf8');
    await join(ours, token, state, '/somewhere/else');
    expect(await readFile(`${state}/agent.yaml`, 'utf8')).toBe(before);
  });

  it('passes on why the server refused', async () => {
    const { token } = createJoinToken(ours.authority.fingerprint);
    const error = { code: 'TOKEN_USED', message: 'this token was used', guidance: 'Make another one.' };
    ours.answer = { status: 401, body: { error } };
    const state = directory.join('refused');
    await expect(join(ours, token, state)).rejects.toMatchObject(error);
    expect(await readdir(state)).toEqual([]);
  });
});

function join(server: JoinServer, token: string, state: string, home = '/opt/portal') {
  return joinCluster({ server: server.url.href, token, state, home });
}

/** The join route of a server with an authority of its own: real TLS, real certificates. */
async function startServer(name: string): Promise<JoinServer> {
  const authority = await CertificateAuthority.open(directory.join(name), clock);
  const { keyPem, certificatePem } = await authority.serverCredentials(['127.0.0.1']);
  const options = {
    key: keyPem,
    cert: `${certificatePem}\n${authority.pem}`,
    minVersion: 'TLSv1.3',
  } as const;
  const listener = https.createServer(options, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    server.heard.push({ url: request.url ?? '', body });
    const { status, body: answer } = server.answer ?? (await accept(authority, body));
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(answer));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const server: JoinServer = {
    url: new URL(`https://127.0.0.1:${(listener.address() as AddressInfo).port}`),
    authority,
    heard: [],
    answer: undefined,
    close: async () => {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}

async function accept(authority: CertificateAuthority, body: string) {
  const { csr } = JSON.parse(body) as { csr: string };
  const signed = await authority.signNode(csr, { cluster: CLUSTER, node: NODE });
  const answer = {
    certificate: signed.certificatePem,
    ca: authority.pem,
    node: 'node-1',
    nodeId: NODE,
    cluster: 'demo',
    clusterId: CLUSTER,
    grpc: '127.0.0.1:9441',
    notAfter: signed.notAfter.toISOString(),
  };
  return { status: 201, body: answer };
}
