import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Catalog, startEmbeddedPostgres, type ClusterRow, type EmbeddedPostgres } from '@lifeboat/catalog';
import type { Services } from '@lifeboat/coordination';
import { LifeboatError, silentLog, type SetId } from '@lifeboat/kernel';
import type { Guarantee, RetentionPolicy, Schedule, SetDeletion, SetDocument } from '@lifeboat/model';
import { canonicalJson } from '@lifeboat/vault-format';
import { movableClock, tempDir, type MovableClock, type TempDir } from '@lifeboat/testkit';

import { changeDefinition, withWhatIsUnsaid } from './change-definition.ts';
import { pinSet, unpinSet } from './pin-set.ts';
import { RetentionOperations } from './retention-operations.ts';
import { ScheduleOperations } from './schedule-operations.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DELAY_SECONDS = 3600;

let dir: TempDir;
let postgres: EmbeddedPostgres;
let catalog: Catalog;
let clock: MovableClock;
let services: Services;
let name: string;
let cluster: ClusterRow;
let retention: RetentionOperations;
let schedules: ScheduleOperations;
/** Sets that the schedule began; whether the cluster is busy. */
let began: Date[];
let busy: boolean;
let records: [name: string, plain: unknown][];

beforeAll(async () => {
  dir = await tempDir('schedules');
  postgres = await startEmbeddedPostgres({ dataDir: dir.join('postgres'), log: silentLog });
  catalog = await Catalog.open(postgres.url, silentLog);
});

afterAll(async () => {
  await catalog?.close();
  await postgres?.stop();
  await dir.remove();
});

beforeEach(async () => {
  clock = movableClock(new Date('2026-11-01T12:00:00Z'));
  [began, busy, records, name] = [[], false, [], `c-${randomUUID().slice(0, 8)}`];
  const vault = {
    putControl: async (record: string, plain: unknown) =>
      void records.push([record, JSON.parse(canonicalJson(plain))]),
    // Of the vault a deletion needs only that the catalog hears of it.
    deleteSet: async (deletion: SetDeletion) => {
      await catalog.sets.delete(deletion);
      return deletion;
    },
  };
  services = { catalog, clock, vault, log: silentLog, newId: randomUUID } as unknown as Services;
  const gauges = { lastGood() {}, dropped() {}, deleted() {}, nextRun() {}, missed() {} };
  retention = new RetentionOperations(services, DELAY_SECONDS, gauges);
  const start = async ({ id }: ClusterRow, requestedBy: string) => {
    if (busy) throw new LifeboatError('RESTORE_RUNNING', 'a restore of this cluster is staging');
    // Clusters of other tests have schedules in this catalog, too.
    if (id === cluster.id) began.push(clock.now());
    return catalog.sets.create({ id: randomUUID() as SetId, cluster: id, requestedBy });
  };
  // Retention is asked for by itself, and of this cluster alone: others share the catalog.
  schedules = new ScheduleOperations(services, { start }, { pass: async () => undefined }, gauges);
  await define({});
});

async function define(parts: { schedule?: Schedule; retention?: RetentionPolicy }): Promise<void> {
  const definition = { cluster: name, nodes: { 'node-1': {} }, sources: [], ...parts };
  cluster = (await changeDefinition(services, name, () => definition)).after;
}

async function sealed(sequence: number, at: Date, guarantee: Guarantee = 'consistent'): Promise<SetId> {
  const set = randomUUID() as SetId;
  const document = {
    set,
    sequence,
    cluster: { id: cluster.id, name },
    requestedAt: at.toISOString(),
    requestedBy: 'ann',
    sealedAt: at.toISOString(),
    previous: null,
    figures: {},
    statement: { guarantee, documents: null },
  } as unknown as SetDocument;
  await catalog.sets.adopt({ document, documentName: `sets/${set}`, documentHash: set });
  return set;
}

async function nightly(count: number): Promise<SetId[]> {
  const sets: SetId[] = [];
  for (let n = 1; n <= count; n += 1) {
    sets.push(await sealed(n, clock.now()));
    clock.advance(DAY);
  }
  return sets;
}

async function kept(): Promise<SetId[]> {
  return (await catalog.retention.sets(cluster.id)).map(({ id }) => id).reverse();
}

const pass = (allowLarge = false) => retention.pass(cluster.id, { allowLarge });

describe('a schedule', () => {
  beforeEach(() => define({ schedule: { cron: '0 2 * * *' } }));

  it('begins a set at its instant, once, and makes up with one for what the server slept through', async () => {
    await schedules.look();
    expect(began).toEqual([]);
    clock.setWall(new Date('2026-11-02T02:00:05Z'));
    await schedules.look();
    await schedules.look();
    expect(began).toEqual([clock.now()]);
    clock.setWall(new Date('2026-11-06T09:00:00Z'));
    expect(await schedules.view(cluster)).toMatchObject({ overdue: true, missedRuns: 0 });
    await schedules.look();
    await schedules.look();
    expect(began).toHaveLength(2);
    expect(await schedules.view(cluster)).toMatchObject({
      overdue: false,
      missedRuns: 4,
      lastRun: { at: '2026-11-06T09:00:00.000Z' },
      nextRuns: expect.arrayContaining(['2026-11-07T02:00:00.000Z']),
    });
  });

  it('waits while the cluster is busy, says why, and begins then', async () => {
    busy = true;
    clock.setWall(new Date('2026-11-02T02:00:05Z'));
    await schedules.look();
    expect(await schedules.view(cluster)).toMatchObject({
      overdue: true,
      problem: 'a restore of this cluster is staging',
    });
    busy = false;
    clock.advance(HOUR);
    await schedules.look();
    expect(began).toEqual([clock.now()]);
    expect(await schedules.view(cluster)).toMatchObject({ overdue: false, problem: null });
  });

  it('goes on when a clock that was a year ahead is put right', async () => {
    clock.setWall(new Date('2027-11-02T02:00:05Z'));
    await schedules.look();
    clock.setWall(new Date('2026-11-02T12:00:00Z'));
    await schedules.look();
    clock.setWall(new Date('2026-11-03T02:00:05Z'));
    await schedules.look();
    expect(began).toHaveLength(2);
  });

  it('that is new misses nothing that was before it, and one that never comes is refused', async () => {
    clock.advance(30 * DAY);
    await define({ schedule: { cron: '0 3 * * *' } });
    expect(await schedules.view(cluster)).toMatchObject({ overdue: false, missedRuns: 0 });
    await expect(define({ schedule: { cron: '0 0 31 2 *' } })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('and a policy stay when a cluster.yaml says nothing of them', () => {
    const before = { ...cluster.definition, retention: { daily: 7 } };
    const said = { cluster: name, nodes: { 'node-2': {} }, sources: [] };
    expect(withWhatIsUnsaid(said, before)).toEqual({
      ...said,
      schedule: { cron: '0 2 * * *' },
      retention: { daily: 7 },
    });
    expect(withWhatIsUnsaid({ ...said, retention: { daily: 1 } }, before).retention).toEqual({ daily: 1 });
  });
});

describe('a policy', () => {
  it('drops first, and deletes when the server has run for the delay, whatever the clock says', async () => {
    const sets = await nightly(4);
    await define({ retention: { keepLast: 2 } });
    await pass();
    expect(await retention.view(cluster.id)).toMatchObject({ dropped: [{ set: sets[1] }, { set: sets[0] }] });
    clock.setWall(new Date('2036-01-01T00:00:00Z'));
    await pass();
    expect(await kept()).toEqual(sets);
    clock.advance(DELAY_SECONDS * 1000 - 1);
    await pass();
    expect(await kept()).toEqual(sets);
    clock.advance(1);
    await pass();
    expect(await kept()).toEqual(sets.slice(2));
    expect(await catalog.sets.deleted(sets[0]!)).toMatchObject({ deletedBy: 'retention' });
  });

  it('spares a set that is pinned or that it keeps again, and lets it go anew', async () => {
    const [first = '' as SetId, second] = await nightly(3);
    await define({ retention: { keepLast: 1 } });
    await pass();
    await pinSet(services, first, { reason: 'audit', by: 'ann', until: null }, false);
    clock.advance(DELAY_SECONDS * 1000);
    await pass();
    expect(await kept()).not.toContain(second);
    expect(await retention.view(cluster.id)).toMatchObject({ dropped: [] });
    await unpinSet(services, first);
    expect(records.slice(-2)).toMatchObject([
      [`pins/${first}`, { pin: { reason: 'audit' } }],
      [`pins/${first}`, { pin: null }],
    ]);
    await pass();
    // It waits from its own beginning.
    expect(await retention.view(cluster.id)).toMatchObject({ dropped: [{ set: first, waitedSeconds: 0 }] });
    await define({});
    await pass();
    expect(await retention.view(cluster.id)).toMatchObject({ dropped: [] });
  });

  it('that would let go of many sets at once waits for a word', async () => {
    await nightly(12);
    await define({ retention: { keepLast: 2 } });
    await pass();
    const { dropped, problem } = await retention.view(cluster.id);
    expect([dropped, problem]).toEqual([[], expect.stringContaining('10 sets')]);
    await pass(true);
    const after = await retention.view(cluster.id);
    expect([after.dropped.length, after.problem]).toEqual([10, null]);
  });
});

describe('a pin', () => {
  it('is not shortened by who may not unpin, nor made for the past', async () => {
    const [set = '' as SetId] = await nightly(1);
    const until = (days: number) => new Date(clock.now().getTime() + days * DAY);
    const pin = (days: number, admin = false) =>
      pinSet(services, set, { reason: 'audit', by: 'ann', until: until(days) }, admin);
    await pin(30);
    await pin(60);
    await expect(pin(10)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(pin(-1, true)).rejects.toMatchObject({ code: 'USAGE' });
    await pin(10, true);
    expect(await catalog.retention.pinOf(set)).toMatchObject({ until: until(10) });
    await expect(
      pinSet(services, randomUUID() as SetId, { reason: 'r', by: 'b', until: null }, true),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
