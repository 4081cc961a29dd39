import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PruneSession, PackStore, SetStore, ChunkStore } from '@lifeboat/catalog';
import { movableClock } from '@lifeboat/testkit';
import pg from 'pg';
import {
  failing,
  seededBytes,
  TestAgent,
  TestSets,
  TestVaults,
  type Faults,
  type TestVault,
} from '../../testing/index.ts';
import { PackIngest } from '../../ingest/ingest.ts';
import type { PruneOptions, PruneReport } from './prune-report.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

type Files = Record<string, Buffer>;

/** Files of 20 kB each, told apart by their names. */
function files(...names: string[]): Files {
  return Object.fromEntries(names.map((name) => [name, seededBytes(name, 20_000)]));
}

/** What a node built upon when it took the last set is kept: of an earlier set only another one takes that away. */
async function twice(sets: TestSets, ...names: string[]): Promise<void> {
  await sets.take(files(...names));
  await sets.take(files(...names));
}

/** Takes sets and deletes the first: what it alone needed is dead, and no node builds upon it any more. */
async function withDead(test: TestVault, dead: Files, stays: string): Promise<TestSets> {
  const sets = await TestSets.of(test);
  const first = await sets.take(dead);
  await twice(sets, stays);
  await sets.delete(first);
  return sets;
}

/** Rewrites every pack that holds a dead byte. */
const EAGER = { deadShare: Number.MIN_VALUE };

async function prune(test: TestVault, options: Partial<PruneOptions> = {}): Promise<PruneReport> {
  const { signal } = new AbortController();
  return test.vault.prune({ dryRun: false, graceMillis: 0, allowLarge: true, signal, ...options });
}

/** As often as it takes until nothing is left to do. */
async function pruneAll(test: TestVault): Promise<void> {
  for (let run = 0; run < 4; run += 1) await prune(test, EAGER);
}

async function blobs(test: TestVault): Promise<string[]> {
  const names = await readdir(join(test.parts.storeRoot, 'packs'), { recursive: true });
  return names.filter((name) => name.length > 60).map((name) => name.slice(3));
}

async function rowsOf(test: TestVault, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: test.parts.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Everything there is of `sets` is whole, catalog and store agree, and nothing else is there. */
async function expectClean(test: TestVault, sets: TestSets, { bases = 0 } = {}): Promise<void> {
  await sets.assertWhole();
  expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  const named = await rowsOf(test, `select name from packs where closed_at is not null`);
  expect((await blobs(test)).sort()).toEqual(named.map(({ name }) => name as string).sort());
  expect(await rowsOf(test, `select * from orphans`)).toEqual([]);
  const wanted = new Set<string>();
  const roots = sets.kept.map(({ document }) => document.captures[0]!.root);
  for (const root of roots) {
    wanted.add(root);
    for await (const { content } of test.vault.manifest(sets.cluster, Buffer.from(root, 'hex')))
      for (const part of content) if ('chunk' in part) wanted.add(part.chunk.toString('hex'));
  }
  const left = await rowsOf(
    test,
    `select distinct encode(chunks.id, 'hex') as id from chunks join packs on packs.id = pack
     where type <> 2 and chunks.cluster = '${sets.cluster}' and closed_at is not null`,
  );
  const strangers = left.filter(({ id }) => !wanted.has(id as string));
  expect(strangers.length).toBeLessThanOrEqual(bases);
}

describe('a prune', () => {
  it('gives back what only a deleted set needed, when it has been dead for the grace', async () => {
    const clock = movableClock(new Date(Date.now() + HOUR));
    const test = await vaults.make({ clock: { ...clock, monotonic: () => performance.now() } });
    const sets = await TestSets.of(test);
    const first = await sets.take(files('a', 'b', 'c', 'd', 'e'));
    await sets.take(files('d', 'e', 'f'));
    await sets.take(files('e', 'f', 'g'));
    await sets.delete(first);
    const grace = { graceMillis: DAY, deadShare: 0.5 };

    const forecast = await prune(test, { ...grace, dryRun: true });
    // a, b, c, the segment and the root; d and e are needed.
    expect(forecast.chunks).toMatchObject({ tombstoned: 5, revived: 0, missing: 0 });
    expect(await prune(test, grace)).toMatchObject({ chunks: forecast.chunks, bytes: { freed: 0, dead: 0 } });
    clock.advance(DAY - 1000);
    expect(await prune(test, grace)).toMatchObject({ bytes: { freed: 0, dead: 0 }, packs: { removed: 0 } });
    expect((await prune(test, grace)).bytes.waiting).toBeGreaterThan(60_000);
    clock.advance(1000);
    const foreseen = await prune(test, { ...grace, dryRun: true });
    expect(foreseen).toMatchObject({ packs: { removed: 1, repacked: 1 } });
    const before = (await test.catalog.packs.totals()).bytes;
    const done = await prune(test, grace);
    expect(done).toMatchObject({ packs: { removed: 1, repacked: 1 }, orphans: { found: 0, removed: 0 } });
    expect(done.bytes.copied).toBe(foreseen.bytes.copied);
    expect((await test.catalog.packs.totals()).bytes).toBeLessThan(before - 55_000);
    await expectClean(test, sets);
    expect(await prune(test, grace)).toMatchObject({
      chunks: { tombstoned: 0 },
      bytes: { freed: 0, dead: 0 },
    });
  });

  it('leaves a pack alone that holds too little that is dead, and removes one that holds nothing else', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    const first = await sets.take(files('a', 'b', 'c'));
    const second = await sets.take(files('a', 'x', 'y'));
    await twice(sets, 'a', 'b');
    await sets.delete(first);
    await sets.delete(second);
    await prune(test);
    // Of the first pack a and b are needed; x and y, alone in the second, are not.
    expect(await prune(test)).toMatchObject({ packs: { removed: 1, repacked: 0 }, bytes: { copied: 0 } });
    await sets.assertWhole();
  });

  it('forgets what only sets needed that failed, once a newer one is sealed', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(files('a'));
    const failed = await sets.begin();
    await sets.capture(failed, files('a', 'lost'));
    await sets.fail(failed);
    await pruneAll(test);
    sets.agent.sent = 0;
    await sets.take(files('a', 'lost', 'b'));
    // What the failed set had sent was not thrown away before the next try: b, segment and root.
    expect(sets.agent.sent).toBe(3);
    await twice(sets, 'a', 'b');
    await sets.delete(sets.kept[1]!);
    await pruneAll(test);
    await expectClean(test, sets);
  });

  it('keeps what nodes build upon: nothing is sent again because of it', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(files('a', 'b', 'c'));
    // The manifest that the agent made last is not the one that the set names, as with document stores.
    await sets.agent.capture(files('a', 'b', 'c', 'unreferenced'));
    await pruneAll(test);
    sets.agent.sent = 0;
    await sets.agent.capture(files('a', 'b', 'c', 'unreferenced', 'new'));
    expect(sets.agent.sent).toBe(3);
    await sets.assertWhole();
  });
});

describe('a clock that is wrong', () => {
  it.each(['a prune', 'a set'])(
    'two days behind %s when tombstones are set, deletes nothing early',
    async (what) => {
      const clock = movableClock(new Date(Date.now() + HOUR));
      const test = await vaults.make({ clock: { ...clock, monotonic: () => performance.now() } });
      const sets = await TestSets.of(test);
      const first = await sets.take(files('a', 'b', 'c'));
      await twice(sets, 'd');
      if (what === 'a prune') {
        clock.advance(3 * DAY);
        await prune(test);
      }
      await sets.delete(first);
      clock.advance(-2 * DAY);
      await prune(test, { graceMillis: DAY });
      clock.advance(2 * DAY + HOUR);
      expect(await prune(test, { graceMillis: DAY })).toMatchObject({ packs: { removed: 0 } });
      clock.advance(DAY);
      expect(await prune(test, { graceMillis: DAY })).toMatchObject({ packs: { removed: 1 } });
    },
  );
});

describe('a prune beside a set that is being taken', () => {
  it('takes nothing of what the set was told to be there, sent, or builds upon', async () => {
    const test = await vaults.make();
    const sets = await withDead(test, files('a', 'b', 'c'), 'z');
    await prune(test);
    // Dead since before the set began: a is asked for in time, b when it is gone, c never.
    const running = await sets.begin();
    sets.agent.sent = 0;
    await sets.capture(running, files('a', 'b', 'new'), async () => void (await prune(test, EAGER)));
    expect(sets.agent.sent).toBe(4);
    await pruneAll(test);
    await sets.seal(running, async () => pruneAll(test));
    await pruneAll(test);
    await sets.assertWhole();
    await sets.take(files('a', 'b', 'new'));
    await sets.delete(sets.kept[0]!);
    await sets.delete(sets.kept[0]!);
    await pruneAll(test);
    await expectClean(test, sets);
  });

  it('that found everything closed, and is sealed after the prune', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    const first = await sets.take(files('a', 'b', 'c'));
    await twice(sets, 'z');
    const running = await sets.begin();
    await sets.capture(running, files('a', 'b'));
    await sets.delete(first);
    // Only the order of events stands for it now.
    await test.catalog.chunks.dropBases(sets.cluster);
    await prune(test);
    await sets.seal(running, async () => {
      await prune(test, EAGER);
      await prune(test, EAGER);
    });
    await pruneAll(test);
    await sets.assertWhole();
  });

  it('builds upon a manifest that a set named which is deleted meanwhile', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(files('z'));
    const base = await sets.take(files('a', 'b', 'c'));
    const running = await sets.begin();
    let told = false;
    await sets.capture(running, files('a', 'b', 'c', 'd'), async () => {
      if (told) return;
      told = true;
      await sets.delete(base);
      await pruneAll(test);
    });
    await sets.seal(running);
    await pruneAll(test);
    await sets.assertWhole();
  });

  it('builds upon a manifest that no one has built upon for long, and sends it anew', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    const away = await TestAgent.connect(test);
    const first = await sets.begin();
    first.files = files('a', 'b', 'c');
    first.root = await away.capture(first.files);
    const taken = await sets.seal(first);
    await twice(sets, 'z');
    await sets.delete(taken);
    await prune(test);
    const running = await sets.begin();
    running.files = files('a', 'b', 'c', 'd');
    running.root = await away.capture(running.files, async () => void (await prune(test, EAGER)));
    await sets.seal(running);
    await pruneAll(test);
    await sets.assertWhole();
  });

  it('is answered for a chunk whose pack is just about to go: the pack stays', async () => {
    const test = await vaults.make();
    const sets = await withDead(test, files('a', 'b', 'c'), 'z');
    await prune(test);
    const running = await sets.begin();
    const { removePack } = PruneSession.prototype;
    PruneSession.prototype.removePack = async function (...given): Promise<boolean> {
      PruneSession.prototype.removePack = removePack;
      sets.agent.sent = 0;
      await sets.capture(running, files('a'));
      return removePack.apply(this, given);
    };
    expect(await prune(test)).toMatchObject({ packs: { removed: 0 } });
    // The segment and the root of that one file; the file itself was there.
    expect(sets.agent.sent).toBe(2);
    await sets.seal(running);
    await pruneAll(test);
    await sets.assertWhole();
  });

  it('is answered for a dead chunk before or after the deletion, never both', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    for (let round = 0; round < 3; round += 1) {
      const names = Array.from({ length: 5 }, (_, index) => `${round}-${index}`);
      const first = await sets.take(files(...names));
      await twice(sets, `stays-${round}`);
      await sets.delete(first);
      await prune(test);
      const running = await sets.begin();
      // Started together: the prune may reach a pack just before, while or just after its chunks are asked for.
      await Promise.all([sets.capture(running, files(...names)), prune(test, EAGER)]);
      const taken = await sets.seal(running);
      await sets.assertWhole();
      await twice(sets, `last-${round}`);
      await sets.delete(taken);
    }
    await pruneAll(test);
    await expectClean(test, sets);
  });
});

describe('readers of a pack that goes meanwhile', () => {
  it('look for its chunks again', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    const first = await sets.take(files('a', 'b', 'c', 'd'));
    const second = await sets.take(files('a', 'e', 'f', 'g', 'h'));
    const third = await sets.take(files('a', 'e', 'i', 'j', 'k'));
    await twice(sets, 'a', 'e', 'i', 'l');
    for (const each of [first, second, third]) await sets.delete(each);
    await prune(test);
    const { document, files: content } = sets.kept[0]!;
    const wanted: Buffer[] = [];
    const raws: Buffer[] = [];
    const root = Buffer.from(document.captures[0]!.root, 'hex');
    for await (const entry of test.vault.manifest(sets.cluster, root)) {
      for (const part of entry.content) if ('chunk' in part) wanted.push(part.chunk);
      raws.push(content[entry.path.toString()]!);
    }
    const read: Buffer[] = [];
    let pruned: PruneReport | undefined;
    await test.vault.readChunks(sets.cluster, Buffer.concat(wanted), async (index, raw) => {
      pruned ??= await prune(test, { deadShare: 0.1 });
      read[index] = raw;
    });
    // The next pack is read ahead of the prune, the third is looked for behind it.
    expect(pruned).toMatchObject({ packs: { removed: 3, repacked: 3 } });
    expect(read).toEqual(raws);
  });

  it('prove and check as if it had never been', async () => {
    const faults = failing();
    const test = await vaults.make({ wrapStore: faults.wrapStore });
    await withDead(test, files('a'), 'b');
    await prune(test);
    // Whoever lists the packs now meets the first one's row, and reads when it is gone.
    const listed = await test.catalog.packs.listUnproved(0n, 10);
    expect(listed.length).toBeGreaterThan(0);
    await prune(test);
    const { listUnproved, listClosed } = PackStore.prototype;
    test.catalog.packs.listUnproved = async () => listed;
    test.catalog.packs.listClosed = async () => listed;
    expect((await test.vault.prove()).findings).toEqual([]);
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
    Object.assign(test.catalog.packs, { listUnproved, listClosed });
  });
});

describe('a prune that would take most of the vault', () => {
  it('asks, and has deleted nothing until it is told so', async () => {
    const test = await vaults.make();
    await withDead(test, files('a', 'b', 'c', 'd'), 'e');
    await prune(test, { allowLarge: false });
    const before = await blobs(test);
    const asks = { code: 'CONFLICT', guidance: expect.stringContaining('--allow-large') };
    await expect(prune(test, { allowLarge: false })).rejects.toMatchObject(asks);
    expect(await blobs(test)).toEqual(before);
    expect((await test.catalog.prunes.latest())?.failure).toMatchObject({ code: 'CONFLICT' });
    expect(await prune(test)).toMatchObject({ packs: { removed: 1 } });
  });

  it('asks when a cluster has no set left, however small it is', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    const other = '11111111-1111-4111-8111-111111111111' as TestVault['cluster'];
    await test.addCluster(other, 'small');
    const small = await TestSets.of(test, other);
    await sets.take(files('a', 'b', 'c', 'd'));
    await small.delete(await small.take(files('x')));
    await prune(test, { allowLarge: false });
    const asks = { code: 'CONFLICT', message: expect.stringContaining('small') };
    await expect(prune(test, { allowLarge: false })).rejects.toMatchObject(asks);
    await pruneAll(test);
    await expectClean(test, sets);
    await expectClean(test, small);
  });
});

describe('two at once', () => {
  it('the second prune is refused, and a reindex too', async () => {
    const test = await vaults.make();
    await (await TestSets.of(test)).take(files('a'));
    await test.catalog.prunes.alone(async () => {
      await expect(prune(test)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(test.vault.reindex()).rejects.toMatchObject({ code: 'CONFLICT' });
    });
    await prune(test);
    await test.vault.reindex();
  });

  it('a prune whose connection is cut gives its place back, and the next one goes on', async () => {
    const test = await vaults.make();
    const sets = await withDead(test, files('a', 'b'), 'c');
    const { weigh } = PruneSession.prototype;
    PruneSession.prototype.weigh = async function (...given): ReturnType<typeof weigh> {
      PruneSession.prototype.weigh = weigh;
      await cutPrune(test);
      return weigh.apply(this, given);
    };
    await expect(prune(test)).rejects.toThrow();
    await pruneAll(test);
    await expectClean(test, sets);
  });
});

async function cutPrune(test: TestVault): Promise<void> {
  await rowsOf(
    test,
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and database =
       (select oid from pg_database where datname = current_database())`,
  );
}

describe('a prune that is killed', () => {
  const places: [string, (faults: Faults, test: TestVault) => void][] = [
    ['store.delete before', (faults) => faults.breakStore('delete', 'before')],
    ['store.delete after', (faults) => faults.breakStore('delete', 'after')],
    ['store.put before', (faults) => faults.breakStore('put', 'before')],
    ['store.put after', (faults) => faults.breakStore('put', 'after')],
    ...(['begin', 'mark', 'sweep', 'swept', 'weigh', 'needed', 'removePack'] as const).flatMap((method) =>
      (['before', 'after'] as const).map((when): [string, (faults: Faults) => void] => [
        `${method} ${when}`,
        (faults) => faults.breakMethod(PruneSession.prototype, method, when),
      ]),
    ),
    ...(['before', 'after'] as const).flatMap((when): [string, (faults: Faults) => void][] => [
      [`rows of the copies ${when}`, (faults) => faults.breakMethod(ChunkStore.prototype, 'insert', when)],
      [`copies ${when}`, (faults) => faults.breakMethod(PackIngest.prototype, 'append', when)],
      [`proof of the copies ${when}`, (faults) => faults.breakMethod(PackStore.prototype, 'prove', when)],
      [`document names ${when}`, (faults) => faults.breakMethod(SetStore.prototype, 'documentNames', when)],
    ]),
  ];

  let faults: Faults;
  beforeEach(() => {
    faults = failing();
  });
  afterEach(() => faults.mend());

  it.each(places)('at %s: the next ones come to the same end', async (_, breakAt) => {
    const test = await vaults.make({ wrapStore: faults.wrapStore });
    const sets = await TestSets.of(test);
    const first = await sets.take(files('a', 'b', 'c', 'd'));
    const second = await sets.take(files('d', 'x', 'y'));
    await twice(sets, 'd', 'e');
    await test.vault.prove();
    await sets.delete(first);
    await sets.delete(second);
    let killed = 0;
    // The first run has nothing to delete yet, the second has: both are killed there.
    for (let run = 0; run < 2; run += 1) {
      breakAt(faults, test);
      await prune(test, { deadShare: 0.5 }).catch((thrown: unknown) => {
        expect((thrown as Error).message).toContain('killed');
        killed += 1;
      });
      faults.mend();
      await test.abandonAndReopen();
      await sets.assertWhole();
    }
    expect(killed).toBeGreaterThan(0);
    await pruneAll(test);
    await expectClean(test, sets);
  });
});
