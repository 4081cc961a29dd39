import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, type ClusterId, type PlanId, type RestoreId, type SetId } from '@lifeboat/kernel';
import type { RestorePlan, SetDocument } from '@lifeboat/model';
import { Catalog } from '../catalog.ts';
import { makeCluster, query, startTestServer, type TestServer } from '../testing/test-catalog.ts';

let server: TestServer;
let url: string;
let catalog: Catalog;
let cluster: ClusterId;
let clusterName: string;
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
  clusterName = `c-${randomBytes(6).toString('hex')}`;
  cluster = await makeCluster(catalog, clusterName);
});

const newSet = (id = randomUUID() as SetId) => catalog.sets.create({ id, cluster, requestedBy: 'ann' });

function documentOf(set: SetId, sequence: number, title = 'plain'): SetDocument {
  return {
    version: 1,
    requires: [],
    uses: [],
    set,
    cluster: { id: cluster, name: clusterName },
    sequence,
    previous: null,
    keyEpoch: 1,
    requestedAt: '2026-01-02T03:04:05.678Z',
    requestedBy: 'admin',
    sealedAt: '2026-01-02T03:05:05.678Z',
    figures: { bytes: { read: 4, changed: 3, wire: 2, stored: 2 }, millis: 1 },
    captures: [],
    database: null,
    statement: {
      set,
      point: null,
      fence: null,
      guarantee: 'consistent',
      nodes: [],
      absentNodes: [],
      documents: null,
      database: null,
      searchIndex: {},
      warnings: [title],
    },
    definition: null,
  };
}

function sealedAs(set: SetId, sequence: number, title?: string) {
  const hash = randomBytes(32).toString('hex');
  const document = documentOf(set, sequence, title);
  return { id: set, sequence, document, documentName: `sets/${cluster}/${sequence}`, documentHash: hash };
}

describe('sets', () => {
  it('begin as requested and are found by id and by prefix', async () => {
    const set = await newSet();
    expect(set).toMatchObject({
      cluster,
      clusterName,
      state: 'requested',
      requestedBy: 'ann',
      document: null,
    });
    expect(await catalog.sets.get(set.id)).toEqual(set);
    expect(await catalog.sets.byIdOrPrefix(set.id)).toEqual(set);
    expect(await catalog.sets.byIdOrPrefix(set.id.slice(0, 13))).toEqual(set);
    expect(await catalog.sets.byIdOrPrefix(set.id.slice(0, 3))).toBeUndefined();
    expect(await catalog.sets.byIdOrPrefix("%' or true --")).toBeUndefined();
  });

  it('that begin alike are not guessed between', async () => {
    const begin = randomBytes(4).toString('hex');
    for (const end of ['1', '2']) await newSet(`${begin}-0000-4000-8000-00000000000${end}` as SetId);
    await expect(catalog.sets.byIdOrPrefix(begin)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are made once for an idempotency key', async () => {
    const request = { cluster, requestedBy: 'ann', idempotencyKey: 'k1' };
    const sets = await Promise.all(
      Array.from({ length: 10 }, () => catalog.sets.create({ ...request, id: randomUUID() as SetId })),
    );
    expect(new Set(sets.map(({ id }) => id)).size).toBe(1);
  });

  it('change state for one of many that try', async () => {
    const { id } = await newSet();
    const tries = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        catalog.sets.update(id, 'requested', 'leasing', { progress: { by: index } }),
      ),
    );
    expect(tries.filter(Boolean)).toHaveLength(1);
    expect(await catalog.sets.get(id)).toMatchObject({
      state: 'leasing',
      progress: { by: tries.indexOf(true) },
    });
    expect(await catalog.sets.update(id, ['leasing', 'precopying'], 'failing')).toBe(true);
  });

  it('keep what a patch leaves out, and lose what it sets to null', async () => {
    const { id } = await newSet();
    const failure = { code: 'NODE_LOST', message: 'a\u0000b \ud800' } as const;
    await catalog.sets.update(id, 'requested', 'failing', { failure, figures: { millis: 5 } });
    await catalog.sets.update(id, 'failing', 'failed', { figures: null });
    expect(await catalog.sets.get(id)).toMatchObject({ failure, figures: null });
  });

  it('are sealed in sequence, without gaps, and say so as often as asked', async () => {
    const [one, two] = [await newSet(), await newSet()];
    await expect(catalog.sets.sealed(sealedAs(one.id, 2))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await catalog.sets.get(one.id)).toMatchObject({ state: 'requested', document: null });

    const sealing = sealedAs(one.id, 1, 'odd \u0000 title');
    await catalog.sets.sealed(sealing);
    await catalog.sets.sealed(sealing);
    expect(await catalog.sets.get(one.id)).toMatchObject({
      state: 'sealed',
      sequence: 1,
      guarantee: 'consistent',
      document: sealing.document,
      documentHash: sealing.documentHash,
      sealedAt: new Date('2026-01-02T03:05:05.678Z'),
      figures: sealing.document.figures,
    });
    expect((await catalog.clusters.byId(cluster))?.nextSequence).toBe(2);

    await catalog.sets.sealed(sealedAs(two.id, 2));
    expect((await catalog.sets.latestSealed(cluster))?.id).toBe(two.id);
    await expect(catalog.sets.sealed(sealedAs(two.id, 3))).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('of two sealed at once with one sequence, one wins', async () => {
    const ids = await Promise.all([newSet(), newSet(), newSet()]);
    const results = await Promise.allSettled(ids.map(({ id }) => catalog.sets.sealed(sealedAs(id, 1))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await catalog.clusters.byId(cluster))?.nextSequence).toBe(2);
  });

  it('that are unfinished are listed for whoever starts next', async () => {
    const [running, failed] = [await newSet(), await newSet()];
    await catalog.sets.update(failed.id, 'requested', 'failed');
    const ids = (await catalog.sets.unfinished()).map(({ id }) => id);
    expect(ids).toContain(running.id);
    expect(ids).not.toContain(failed.id);
    expect((await catalog.sets.list(cluster)).map(({ id }) => id).sort()).toEqual(
      [running.id, failed.id].sort(),
    );
  });

  it('come back from the vault, in any order, twice', async () => {
    const found = [3, 1, 3].map((sequence) =>
      sealedAs(`00000000-0000-4000-8000-${randomBytes(4).toString('hex')}000${sequence}` as SetId, sequence),
    );
    found[2] = found[0]!;
    for (const set of found) await catalog.sets.adopt(set);
    expect((await catalog.sets.list(cluster)).map(({ sequence }) => sequence).sort()).toEqual([1, 3]);
    expect((await catalog.clusters.byId(cluster))?.nextSequence).toBe(4);
    expect(await catalog.sets.latestSealed(cluster)).toMatchObject({ state: 'sealed', sequence: 3 });
  });
});

describe('restores', () => {
  async function newRestore() {
    const plan: RestorePlan = {
      plan: randomUUID(),
      set: randomUUID(),
      cluster,
      createdAt: '2026-01-02T03:04:05.000Z',
      slices: [],
      database: null,
      warnings: [],
    };
    await catalog.plans.create(plan, cluster);
    const id = randomUUID() as RestoreId;
    const set = plan.set as SetId;
    const row = await catalog.restores.create({
      id,
      plan: plan.plan as PlanId,
      cluster,
      set,
      requestedBy: 'ann',
    });
    return { plan, row };
  }

  it('carry their plan, decision and steps', async () => {
    const { plan, row } = await newRestore();
    expect(await catalog.plans.get(plan.plan as PlanId)).toEqual(plan);
    expect(row).toMatchObject({ state: 'requested', plan, clusterName, decision: null, steps: [] });
    const decision = {
      record: {
        restore: row.id,
        cluster,
        decision: 'switch' as const,
        epoch: 3,
        participants: ['n'],
        decidedAt: '2026-01-02T03:04:05.000Z',
      },
      signature: 'c2ln',
    };
    expect(await catalog.restores.update(row.id, 'requested', 'decided', { decision })).toBe(true);
    expect(await catalog.restores.update(row.id, 'requested', 'aborted')).toBe(false);
    await catalog.restores.step(row.id, 'stage', { node: 'n' });
    await catalog.restores.step(row.id, 'switch');
    const after = await catalog.restores.get(row.id);
    expect(after).toMatchObject({ state: 'decided', decision, finishedAt: null });
    expect(after?.steps.map(({ step, detail }) => [step, detail])).toEqual([
      ['stage', { node: 'n' }],
      ['switch', null],
    ]);
    expect(after!.steps[0]!.at.getTime()).toBeLessThanOrEqual(after!.steps[1]!.at.getTime());
  });

  it('are unfinished until they are completed, aborted or rolled back', async () => {
    const { row } = await newRestore();
    const isListed = async () => (await catalog.restores.unfinished()).some(({ id }) => id === row.id);
    await catalog.restores.update(row.id, 'requested', 'needs-operator');
    expect(await isListed()).toBe(true);
    await catalog.restores.update(row.id, 'needs-operator', 'rolled-back');
    expect(await isListed()).toBe(false);
    expect((await catalog.restores.list(cluster))[0]?.finishedAt).not.toBeNull();
  });
});

describe('leases', () => {
  const name = (): string => `lease-${randomUUID()}`;
  const end = (lease: string) =>
    query(url, `update leases set expires_at = now() - interval '1 second' where name = $1`, [lease]);

  it('have one holder, whoever asks', async () => {
    const lease = name();
    const epochs = await Promise.all(
      Array.from({ length: 20 }, (_, index) => catalog.leases.acquire(lease, `p${index % 2}`, 60)),
    );
    expect(epochs.filter((epoch) => epoch !== undefined)).toHaveLength(1);
  });

  it('rise in epoch through release, expiry and loss', async () => {
    const lease = name();
    const first = (await catalog.leases.acquire(lease, 'a', 60))!;
    await catalog.leases.release(lease, 'a', first);
    expect(await catalog.leases.acquire(lease, 'a', 60)).toBe(first + 1);
    await end(lease);
    expect(await catalog.leases.acquire(lease, 'b', 60)).toBe(first + 2);
    expect(await catalog.leases.renew(lease, 'a', first + 1, 60)).toBe(false);
    await catalog.leases.release(lease, 'a', first + 1);
    expect(await catalog.leases.acquire(lease, 'c', 60)).toBeUndefined();
    expect(await catalog.leases.renew(lease, 'b', first + 2, 60)).toBe(true);
  });

  it('begin above every epoch of a catalog that was lost a second ago', async () => {
    const before = Math.floor(Date.now() / 1000) - 1;
    expect(await catalog.leases.acquire(name(), 'a', 60)).toBeGreaterThan(before);
  });

  it('are all ended for whoever is alone with the catalog', async () => {
    const lease = name();
    const epoch = (await catalog.leases.acquire(lease, 'killed', 60))!;
    await catalog.leases.endAll();
    expect(await catalog.leases.acquire(lease, 'successor', 60)).toBe(epoch + 1);
  });

  it('that have ended cannot be renewed', async () => {
    const lease = name();
    const epoch = (await catalog.leases.acquire(lease, 'a', 60))!;
    await end(lease);
    expect(await catalog.leases.renew(lease, 'a', epoch, 60)).toBe(false);
  });
});

describe('idempotency keys', () => {
  it('run the work once and give its answer again', async () => {
    const key = randomUUID();
    let runs = 0;
    const work = () => Promise.resolve({ run: ++runs });
    expect(await catalog.idempotency.once('ann', key, work)).toEqual({ run: 1 });
    expect(await catalog.idempotency.once('ann', key, work)).toEqual({ run: 1 });
    expect(await catalog.idempotency.once('bob', key, work)).toEqual({ run: 2 });
  });

  it('refuse a second caller while the first still works', async () => {
    const key = randomUUID();
    const gate = Promise.withResolvers<string>();
    const first = catalog.idempotency.once('ann', key, async () => {
      await expect(catalog.idempotency.once('ann', key, () => gate.promise)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      return 'done';
    });
    expect(await first).toBe('done');
  });

  it('are free again after a failure, or when the worker has died', async () => {
    const key = randomUUID();
    const failing = () => Promise.reject(new Error('no'));
    await expect(catalog.idempotency.once('ann', key, failing)).rejects.toThrow('no');
    expect(await catalog.idempotency.once('ann', key, () => Promise.resolve('yes'))).toBe('yes');

    const dead = randomUUID();
    const insert = `insert into idempotency_keys (principal, key, claim, claimed_until) values ('ann', $1, $2, now() - interval '1 second')`;
    await query(url, insert, [dead, randomUUID()]);
    expect(await catalog.idempotency.once('ann', dead, () => Promise.resolve('again'))).toBe('again');
  });

  it('are not for another request', async () => {
    const key = randomUUID();
    const work = () => Promise.resolve('one');
    await catalog.idempotency.once('ann', key, work, { fingerprint: 'POST /a' });
    await expect(
      catalog.idempotency.once('ann', key, work, { fingerprint: 'POST /b' }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});
