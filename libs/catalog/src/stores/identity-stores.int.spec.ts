import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { Catalog } from '../catalog.ts';
import { makeCluster, query, startTestServer, type TestServer } from '../testing/test-catalog.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const LATER = new Date('2026-01-02T04:04:05Z');

let server: TestServer;
let url: string;
let catalog: Catalog;
let cluster: ClusterId;
beforeAll(async () => {
  server = await startTestServer();
  url = await server.emptyDatabase();
  catalog = await Catalog.open(url, silentLog);
});
afterAll(async () => {
  await catalog.close();
  await server.stop();
});
beforeEach(async () => {
  cluster = await makeCluster(catalog, `c-${randomBytes(6).toString('hex')}`);
});

describe('clusters', () => {
  it('keep their id when they are applied again', async () => {
    const { name } = (await catalog.clusters.byId(cluster))!;
    const definition = {
      cluster: name,
      nodes: {},
      sources: [{ kind: 'path' as const, node: 'n', path: '/etc' }],
    };
    const applied = await catalog.clusters.apply(randomUUID() as ClusterId, definition);
    expect(applied).toMatchObject({ id: cluster, name, definition, nextSequence: 1 });
    expect(await catalog.clusters.byName(name)).toEqual(applied);
    expect(await catalog.clusters.byName('nobody')).toBeUndefined();
    expect((await catalog.clusters.list()).map(({ id }) => id)).toContain(cluster);
  });
});

describe('join tokens', () => {
  const hash = (): Buffer => randomBytes(32);

  it('of twenty callers at once let one in, and tell the others why not', async () => {
    const token = hash();
    await catalog.joinTokens.create({ hash: token, cluster, node: 'node-1', expiresAt: LATER });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => catalog.joinTokens.redeem(token, NOW)),
    );
    const accepted = results.filter(({ status }) => status === 'fulfilled');
    expect(accepted).toEqual([{ status: 'fulfilled', value: { cluster, node: 'node-1' } }]);
    const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(new Set(codes)).toEqual(new Set(['TOKEN_USED']));
  });

  it('are refused when expired or unknown', async () => {
    const token = hash();
    await catalog.joinTokens.create({ hash: token, cluster, node: 'node-1', expiresAt: NOW });
    await expect(catalog.joinTokens.redeem(token, NOW)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(catalog.joinTokens.redeem(hash(), NOW)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });
});

describe('nodes', () => {
  const join = (name: string, serial: string) =>
    catalog.nodes.join({
      id: randomUUID() as NodeId,
      cluster,
      name,
      serial,
      machineId: 'm-1',
      notAfter: LATER,
    });

  it('keep their id when they join again, and their old certificate ends', async () => {
    const first = await join('node-1', 'aa');
    const second = await join('node-1', 'bb');
    expect(second.id).toBe(first.id);
    expect(await catalog.nodes.isCurrent(cluster, first.id, 'aa')).toBe(false);
    expect(await catalog.nodes.isCurrent(cluster, first.id, 'bb')).toBe(true);
    expect(await catalog.nodes.list(cluster)).toEqual([second]);
  });

  it('may use the previous certificate for a while after renewal, and no longer', async () => {
    const { id } = await join('node-1', 'aa');
    await catalog.nodes.renew(cluster, id, 'bb', LATER);
    expect(await catalog.nodes.isCurrent(cluster, id, 'aa')).toBe(true);
    expect(await catalog.nodes.isCurrent(cluster, id, 'bb')).toBe(true);
    await query(url, `update nodes set previous_serial_until = now() - interval '1 second' where id = $1`, [
      id,
    ]);
    expect(await catalog.nodes.isCurrent(cluster, id, 'aa')).toBe(false);
    expect(await catalog.nodes.isCurrent(cluster, id, 'cc')).toBe(false);
  });

  it('once revoked may neither speak nor renew, until they join again', async () => {
    const { id } = await join('node-1', 'aa');
    await catalog.nodes.renew(cluster, id, 'bb', LATER);
    await catalog.nodes.revoke(cluster, id);
    expect(await catalog.nodes.isCurrent(cluster, id, 'aa')).toBe(false);
    expect(await catalog.nodes.isCurrent(cluster, id, 'bb')).toBe(false);
    await expect(catalog.nodes.renew(cluster, id, 'cc', LATER)).rejects.toMatchObject({
      code: 'CERTIFICATE_REVOKED',
    });
    expect(await join('node-1', 'dd')).toMatchObject({ id, state: 'joined' });
    await expect(catalog.nodes.revoke(cluster, randomUUID() as NodeId)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('of another cluster are not found, though the id is right', async () => {
    const { id } = await join('node-1', 'aa');
    const other = await makeCluster(catalog, `d-${randomBytes(6).toString('hex')}`);
    expect(await catalog.nodes.byId(other, id)).toBeUndefined();
    expect(await catalog.nodes.isCurrent(other, id, 'aa')).toBe(false);
  });

  it('are remembered as they were last seen', async () => {
    const { id } = await join('node-1', 'aa');
    await catalog.nodes.seen(cluster, id, { agentVersion: '1.2.3', machineId: 'm-2' });
    const node = await catalog.nodes.byName(cluster, 'node-1');
    expect(node).toMatchObject({ agentVersion: '1.2.3', machineId: 'm-2' });
    expect(node?.lastSeenAt).not.toBeNull();
  });
});

describe('principals', () => {
  it('are found by the hash of their token, and a new token ends the old', async () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)];
    const name = `p-${randomBytes(4).toString('hex')}`;
    const made = await catalog.principals.ensure({ name, role: 'viewer', tokenHash: old });
    const changed = await catalog.principals.ensure({ name, role: 'admin', tokenHash: fresh });
    expect(changed).toEqual({ ...made, role: 'admin' });
    expect(await catalog.principals.byTokenHash(fresh)).toEqual(changed);
    expect(await catalog.principals.byTokenHash(old)).toBeUndefined();
    expect(await catalog.principals.list()).toContainEqual(changed);
  });
});

describe('the audit log', () => {
  const entry = (subject: string) => ({ principal: 'ann', action: 'set.delete', subject, outcome: 'done' });

  it('keeps a gapless chain when many write at once', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, index) => catalog.audit.append(entry(`s${index}`))));
    const rows = await catalog.audit.list({ limit: 40 });
    const ids = rows.map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, index) => ids[0]! - BigInt(index)));
    expect(await catalog.audit.firstBroken()).toBeUndefined();
  });

  it('gives back what was written, page by page, newest first', async () => {
    const detail = { reason: 'äöü\u0000', nested: [1, null] };
    const id = await catalog.audit.append({ ...entry('s'), cluster, detail });
    const [newest] = await catalog.audit.list({ limit: 1 });
    expect(newest).toMatchObject({ id, principal: 'ann', cluster, detail, outcome: 'done' });
    const [before] = await catalog.audit.list({ limit: 1, before: id });
    expect(before?.id).toBe(id - 1n);
  });

  it.each([
    ['a changed row', `update audit set outcome = 'refused' where id = 5`, 5n],
    ['a row cut out', `delete from audit where id = 5`, 6n],
  ])('shows %s', async (_, tampering, broken) => {
    await query(url, 'truncate audit');
    for (let index = 0; index < 8; index++) await catalog.audit.append(entry(`s${index}`));
    await query(url, tampering);
    expect(await catalog.audit.firstBroken()).toBe(broken);
  });
});
