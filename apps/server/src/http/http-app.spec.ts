import { request as httpRequest, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { API_BASE, ROUTE_NAMES, ROUTES, ROLES, type RouteName } from '@lifeboat/console-api';
import { LifeboatError, silentLog, type Log } from '@lifeboat/kernel';
import { createHttpApp } from './http-app.ts';
import { InMemoryServices, TOKENS } from './testing/in-memory-services.ts';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly body: { error?: { code: string; message: string; context?: object } } & Record<string, unknown>;
}

let services: InMemoryServices;
let server: Server;
let now: number;
let logged: object[];

beforeEach(async () => {
  services = new InMemoryServices();
  now = 0;
  logged = [];
  const note = (fields: object, message: string) => void logged.push({ ...fields, message });
  const log: Log = { ...silentLog, info: note, error: note };
  const clock = { now: () => new Date(0), monotonic: () => now };
  server = createServer(
    createHttpApp(services, { log, clock, failedAuthenticationsPerMinute: 5, joinsPerMinute: 3 }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const isJson = response.headers['content-type']?.startsWith('application/json') ?? false;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson ? JSON.parse(text) : {},
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const as = (role: keyof typeof TOKENS, more: Record<string, string> = {}) => ({
  authorization: `Bearer ${TOKENS[role]}`,
  ...more,
});
const json = { 'content-type': 'application/json' };
const api = (path: string) => API_BASE + path;
const anyPath = (name: RouteName) => api(ROUTES[name].path.replaceAll(/:\w+/g, 'abcd'));
const guarded = ROUTE_NAMES.filter((name) => ROUTES[name].role !== 'none');
const apply = (role: keyof typeof TOKENS, key?: string, nodes: object = { 'node-1': {} }) =>
  send(
    'PUT',
    api('/clusters/portal'),
    as(role, { ...json, ...(key !== undefined && { 'idempotency-key': key }) }),
    JSON.stringify({ cluster: 'portal', nodes }),
  );

describe('every route', () => {
  it.each(guarded)('%s refuses who has no token, or an unknown one, and writes it down', async (name) => {
    const method = ROUTES[name].method.toUpperCase();
    const none = await send(method, anyPath(name));
    const unknown = await send(method, anyPath(name), { authorization: 'Bearer lba_unknown' });
    expect([none.status, unknown.status]).toEqual([401, 401]);
    expect(none.body.error?.code).toBe('NOT_AUTHENTICATED');
    const refusal = { action: name, outcome: 'refused', principal: 'unauthenticated' };
    expect(services.audited).toMatchObject([refusal, refusal]);
  });

  it.each(guarded.filter((name) => ROUTES[name].role !== 'viewer'))(
    '%s refuses who holds too low a role, and writes it down',
    async (name) => {
      const needed = ROUTES[name].role as (typeof ROLES)[number];
      const lower = ROLES.slice(0, ROLES.indexOf(needed));
      for (const role of lower) {
        const answer = await send(ROUTES[name].method.toUpperCase(), anyPath(name), as(role));
        expect(answer).toMatchObject({ status: 403, body: { error: { code: 'NOT_AUTHORISED' } } });
        expect(services.audited.at(-1)).toMatchObject({
          principal: `the-${role}`,
          action: name,
          outcome: 'refused',
        });
      }
      expect(services.calls).toEqual([]);
    },
  );

  it.each(ROUTE_NAMES.filter((name) => ROUTES[name].mutating))(
    '%s writes down a request that is not valid',
    async (name) => {
      const answer = await send(
        ROUTES[name].method.toUpperCase(),
        anyPath(name),
        as('admin', json),
        '{"no such":1}',
      );
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'USAGE' } } });
      expect(services.audited).toMatchObject([
        { action: name, outcome: 'failed', detail: { code: 'USAGE' } },
      ]);
    },
  );
});

describe('a mutating call', () => {
  it('leaves an audit row with who, what and about what', async () => {
    await apply('admin');
    await send('POST', api('/clusters/portal/sets'), as('operator'));
    expect(services.audited).toMatchObject([
      { principal: 'the-admin', action: 'applyCluster', cluster: 'portal', outcome: 'done' },
      {
        principal: 'the-operator',
        action: 'startSet',
        cluster: 'portal',
        subject: services.sets[0]?.set,
        outcome: 'done',
      },
    ]);
  });

  it('is done once per Idempotency-Key, and answered alike', async () => {
    const first = await apply('admin', 'key-1');
    const second = await apply('admin', 'key-1');
    expect(second.body).toEqual(first.body);
    expect(services.calls).toHaveLength(1);
    expect(services.audited.at(-1)).toMatchObject({ detail: { repeated: true } });
  });

  it('is refused when its key was used for another request', async () => {
    await apply('admin', 'key-1');
    const other = await apply('admin', 'key-1', { 'node-2': {} });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'CONFLICT' } } });
    expect(services.calls).toHaveLength(1);
  });

  it('never keeps a secret for a repeat', async () => {
    await apply('admin');
    const ask = () =>
      send('POST', api('/clusters/portal/nodes/node-1/token'), as('admin', { 'idempotency-key': 'k' }));
    const first = await ask();
    expect(first.body['token']).toMatch(/^lbj_/);
    expect(await ask()).toMatchObject({ status: 409 });
    expect(JSON.stringify([...services.kept, ...services.audited, ...logged])).not.toContain(
      first.body['token'],
    );
  });

  it('fails, and is tried anew, when the work failed', async () => {
    const start = () =>
      send('POST', api('/clusters/portal/sets'), as('operator', { 'idempotency-key': 'k' }));
    expect(await start()).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
    await apply('admin');
    expect(await start()).toMatchObject({ status: 202, body: { state: 'requested' } });
  });
});

describe('requests that are not valid', () => {
  it.each([
    ['GET', '/sets?cluster=NO', undefined, 400, 'cluster: must be a name'],
    ['GET', '/sets?colour=red', undefined, 400, 'colour: unknown key'],
    ['GET', '/sets/zzzz', undefined, 400, 'id: must be an id'],
    ['GET', '/audit?limit=9999', undefined, 400, 'limit'],
    [
      'POST',
      '/plans',
      '{"set":"abcd","to":"other"}',
      400,
      'restoring to another cluster is not supported yet',
    ],
    ['POST', '/plans', '{"set":', 400, 'the request'],
    ['PUT', '/clusters/other', '{"cluster":"portal","nodes":{"a":{}}}', 400, 'the address names "other"'],
    [
      'PUT',
      '/clusters/portal',
      '{"cluster":"portal","nodes":{"a":{}},"sources":[{"kind":"git"}]}',
      400,
      '"git"',
    ],
    ['POST', '/nowhere', '{}', 404, 'there is no POST /api/v1/nowhere'],
  ])('%s %s %s → %i', async (method, path, body, status, message) => {
    const answer = await send(method, api(path), as('admin', body === undefined ? {} : json), body);
    expect(answer.status).toBe(status);
    expect(answer.body.error?.message).toContain(message);
  });

  it('are refused when the body is over one mebibyte, or not JSON', async () => {
    const large = JSON.stringify({ set: 'a'.repeat(1024 * 1024) });
    expect(await send('POST', api('/plans'), as('admin', json), large)).toMatchObject({ status: 413 });
    expect(
      await send('POST', api('/plans'), as('admin', { 'content-type': 'text/plain' }), 'x'),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 'USAGE' } },
    });
  });
});

describe('the rate limit', () => {
  it('turns an address away after too many wrong tokens, even with a right one, and lets it in a minute later', async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) await send('GET', api('/me'));
    const turnedAway = await send('GET', api('/me'), as('viewer'));
    expect(turnedAway).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    expect(services.audited).toHaveLength(5);
    now += 60_000;
    expect(await send('GET', api('/me'), as('viewer'))).toMatchObject({ status: 200 });
  });

  it('bounds joins', async () => {
    const body = JSON.stringify({ token: 'lbj_bad', csr: 'PEM', machineId: 'm', agentVersion: '1' });
    const join = () => send('POST', api('/join'), json, body);
    const statuses = [];
    for (let attempt = 0; attempt < 4; attempt += 1) statuses.push((await join()).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect(services.audited[0]).toMatchObject({ principal: 'join', action: 'join', outcome: 'refused' });
  });
});

describe('answers', () => {
  it('hold what the API promises and nothing else', async () => {
    expect((await send('GET', api('/me'), as('viewer'))).body).toEqual({
      name: 'the-viewer',
      role: 'viewer',
    });
  });

  it('carry headers that keep browsers and caches away', async () => {
    const { headers } = await send('GET', '/healthz');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('tell nothing of our own bugs but the id under which the log tells all', async () => {
    Object.assign(services.routes, {
      getVault: async () => Promise.reject(new Error('SELECT secret FROM t')),
    });
    const answer = await send('GET', api('/vault'), as('viewer'));
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('SELECT');
    const { request } = answer.body.error?.context as { request: string };
    expect(logged.find((line) => 'err' in line)).toMatchObject({ request });
  });

  it('that break their schema are our bug', async () => {
    Object.assign(services.routes, { getVault: async () => ({ vault: 7 }) });
    expect(await send('GET', api('/vault'), as('viewer'))).toMatchObject({ status: 500 });
  });

  it('let nobody in when tokens cannot be looked up', async () => {
    services.authenticate = async () =>
      Promise.reject(new LifeboatError('UNREACHABLE', 'the catalog is down'));
    expect(await send('GET', api('/me'), as('admin'))).toMatchObject({ status: 503 });
  });

  it('are logged without token, query and body', async () => {
    await apply('admin');
    await send('GET', api('/sets?cluster=portal'), as('viewer'));
    expect(logged).toHaveLength(2);
    expect(logged[1]).toMatchObject({
      method: 'GET',
      path: '/api/v1/sets',
      status: 200,
      caller: 'the-viewer',
    });
    expect(JSON.stringify(logged)).not.toMatch(/lba_|cluster=|node-1/);
  });
});

describe('what machines ask', () => {
  it('needs no token', async () => {
    expect(await send('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } });
    expect(await send('GET', '/metrics')).toMatchObject({
      status: 200,
      text: expect.stringContaining('lifeboat_up 1'),
    });
    const openApi = await send('GET', api('/openapi.json'));
    expect(openApi.body['openapi']).toBe('3.1.0');
  });

  it('says why the server is not ready', async () => {
    services.problems = ['the vault is full'];
    expect(await send('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { problems: ['the vault is full'] },
    });
  });
});
