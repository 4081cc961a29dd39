import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChunkStore, PackStore } from '@lifeboat/catalog';
import { frameHeaderAt } from '../../testing/frame-places.ts';
import {
  failing,
  seededBytes,
  TestAgent,
  TestSets,
  TestVaults,
  type Faults,
  type TestVault,
} from '../../testing/index.ts';
import type { RepairOptions, RepairReport } from './repair-report.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const FILES = { a: seededBytes('a', 5000), b: seededBytes('b', 5000), 'c/d': seededBytes('d', 5000) };
const MORE = { ...FILES, e: seededBytes('e', 5000) };

async function repair(test: TestVault, options: Partial<RepairOptions> = {}): Promise<RepairReport> {
  const { signal } = new AbortController();
  return test.vault.repair({ dryRun: false, readData: true, allowLarge: false, signal, ...options });
}

async function packFiles(test: TestVault, below = 'packs'): Promise<string[]> {
  const root = join(test.parts.storeRoot, below);
  const names = await readdir(root, { recursive: true }).catch(() => []);
  return names.filter((name) => name.length > 60).map((name) => join(root, name));
}

/** One byte in the body of the nth chunk of a pack: that one is lost. */
async function spoilChunk(file: string, chunk: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[frameHeaderAt(bytes, 1 + chunk) + 200]! ^= 1;
  await rm(file);
  await writeFile(file, bytes);
}

/** Two sets, each in its pack; the second needs the first's. */
async function withTwoSets(faults?: Faults): Promise<{ test: TestVault; sets: TestSets; pack: string }> {
  const test = await vaults.make(faults === undefined ? {} : { wrapStore: faults.wrapStore });
  const sets = await TestSets.of(test);
  await sets.take(FILES);
  const [pack] = (await packFiles(test)) as [string];
  await sets.take(MORE);
  await test.vault.prove();
  return { test, sets, pack };
}

const kindsOf = async (test: TestVault): Promise<string[]> =>
  (await test.vault.check({ readData: true })).findings.map(({ kind }) => kind);

describe('a repair', () => {
  it('of a sound vault finds nothing to do', async () => {
    const { test } = await withTwoSets();
    const report = await repair(test);
    expect(report).toMatchObject({ packs: { seen: 2, damaged: 0 }, items: [], sets: [], quarantined: [] });
  });

  it('says which sets and files are hit, and keeps everything else', async () => {
    const { test, sets, pack } = await withTwoSets();
    await spoilChunk(pack, 1);
    const report = await repair(test);
    expect(report.chunks).toMatchObject({ salvaged: 4, elsewhere: 0, lost: 1 });
    expect(report.items).toMatchObject([{ subject: pack.slice(-64), outcome: 'salvaged' }]);
    const hit = {
      state: 'hit',
      cluster: 'portal',
      trees: [{ node: 'node-1', tree: 'home', files: 1, paths: ['b'] }],
    };
    expect(report.sets).toMatchObject([
      { ...hit, set: sets.kept[0]!.document.set, sequence: 1 },
      { ...hit, set: sets.kept[1]!.document.set, sequence: 2 },
    ]);
    expect(report.quarantined).toEqual([`quarantine/packs/${pack.slice(-67)}`]);
    expect(await packFiles(test, 'quarantine')).toHaveLength(1);
    expect(await kindsOf(test)).toEqual(['closure-broken', 'closure-broken']);
  });

  it('has a node that still holds the bytes send them again, after which the sets are whole', async () => {
    const { test, sets, pack } = await withTwoSets();
    await spoilChunk(pack, 1);
    // The agent builds on what it captured last, and would not look at a file that did not change.
    sets.agent.sent = 0;
    await sets.agent.capture(MORE);
    expect(sets.agent.sent).toBe(0);
    await repair(test);
    await sets.take(MORE);
    // And the root, on which it builds no more.
    expect(sets.agent.sent).toBe(2);
    await test.vault.prove();
    await sets.assertWhole();
    expect(await kindsOf(test)).toEqual([]);
    expect(await repair(test)).toMatchObject({ items: [], sets: [] });
  });

  it('has another node send them, whoever has them', async () => {
    const { test, sets, pack } = await withTwoSets();
    await rm(pack);
    await repair(test);
    expect(await kindsOf(test)).toEqual(['closure-broken', 'closure-broken']);
    const other = await TestAgent.connect(test);
    await other.capture(FILES);
    await test.vault.closeOpenPacks(test.cluster);
    await test.vault.prove();
    await sets.assertWhole();
    expect(await kindsOf(test)).toEqual([]);
  });

  it('knows a chunk again that was sent by another node, too', async () => {
    const { test, sets, pack } = await withTwoSets();
    const other = await TestAgent.connect(test);
    // Not proved to be there: it does not count for others, so this one sends its own.
    await test.catalog.packs.unprove((await test.catalog.packs.listClosed(0n, 1))[0]!.id);
    await other.capture(FILES);
    await test.vault.closeOpenPacks(test.cluster);
    await test.vault.prove();
    await rm(pack);
    const report = await repair(test);
    expect(report.chunks).toMatchObject({ elsewhere: 5, lost: 0 });
    expect(report.sets.map(({ state }) => state)).toEqual(['mended', 'mended']);
    await sets.assertWhole();
  });

  it('keeps all that is good of a pack that a reindex could not read, also what only its own manifest names', async () => {
    const { test, sets, pack } = await withTwoSets();
    const bytes = await readFile(pack);
    bytes[0]! ^= 1;
    await rm(pack);
    await writeFile(pack, bytes);
    await test.abandonAndReopen({ url: await vaults.database() });
    await test.vault.reindex();
    expect((await repair(test)).items).toMatchObject([
      { subject: pack.slice(-64), outcome: 'salvaged' },
      { outcome: 'healed' },
    ]);
    await sets.assertWhole();
    expect((await repair(test)).items).toEqual([]);
    expect(await packFiles(test, 'quarantine')).toHaveLength(1);
  });

  it('takes a pack back that comes to light later, and frees what came again meanwhile from it', async () => {
    const { test, sets, pack } = await withTwoSets();
    const bytes = await readFile(pack);
    await rm(pack);
    expect((await repair(test)).items).toMatchObject([{ outcome: 'forgotten' }]);
    await writeFile(pack, bytes);
    expect(await kindsOf(test)).toContain('pack-unknown');
    const report = await repair(test, { readData: false });
    expect(report.items).toMatchObject([{ subject: pack.slice(-64), outcome: 'adopted' }]);
    expect(report.sets.map(({ state }) => state)).toEqual(['mended', 'mended']);
    await sets.assertWhole();
    expect(await kindsOf(test)).toEqual([]);
  });

  it('without reading goes by what a proof has found', async () => {
    const { test, pack } = await withTwoSets();
    await spoilChunk(pack, 1);
    expect((await repair(test, { readData: false })).items).toEqual([]);
    await test.catalog.packs.unprove((await test.catalog.packs.listClosed(0n, 1))[0]!.id);
    expect((await test.vault.prove()).findings).not.toEqual([]);
    expect((await repair(test, { readData: false })).items).toMatchObject([{ outcome: 'salvaged' }]);
  });

  it('keeps two damages of one name apart in the quarantine', async () => {
    const { test, pack } = await withTwoSets();
    const whole = await readFile(pack);
    for (const chunk of [1, 2]) {
      await spoilChunk(pack, chunk);
      await repair(test);
      await rm(dirname(pack), { recursive: true, force: true });
      await test.parts.store.put(`packs/${pack.slice(-67)}`, whole);
    }
    expect((await packFiles(test, 'quarantine')).map((name) => name.slice(-4)).sort()).toHaveLength(2);
  });

  it('asks before it forgets most of a vault, which looks like a disk that is not mounted', async () => {
    const { test } = await withTwoSets();
    await rm(join(test.parts.storeRoot, 'packs'), { recursive: true });
    expect((await repair(test, { dryRun: true })).items).toHaveLength(2);
    await expect(repair(test)).rejects.toMatchObject({
      code: 'CONFLICT',
      guidance: expect.stringContaining('mounted'),
    });
    expect((await test.catalog.packs.totals()).closed).toBe(2);
    expect((await repair(test, { allowLarge: true })).items).toHaveLength(2);
  });

  it('does not begin beside a prune, and ends where it is told to', async () => {
    const { test, pack } = await withTwoSets();
    await test.catalog.prunes.alone(async () => {
      await expect(repair(test)).rejects.toMatchObject({ code: 'CONFLICT' });
    });
    await spoilChunk(pack, 1);
    const stopping = new AbortController();
    const onProgress: RepairOptions['onProgress'] = ({ phase }) => {
      if (phase === 'sets') stopping.abort(new Error('stop'));
    };
    await expect(repair(test, { signal: stopping.signal, onProgress })).rejects.toThrow('stop');
    expect((await repair(test)).items).toMatchObject([{ outcome: 'salvaged' }]);
  });
});

describe('a repair that is killed', () => {
  const KILLS: readonly [string, (faults: Faults, when: 'before' | 'after') => void][] = [
    ['marking', (faults, when) => faults.breakMethod(ChunkStore.prototype, 'poison', when)],
    ['putting a copy', (faults, when) => faults.breakStore('put', when)],
    ['proving the copies', (faults, when) => faults.breakMethod(PackStore.prototype, 'prove', when)],
    ['forgetting the rows', (faults, when) => faults.breakMethod(PackStore.prototype, 'remove', when)],
    ['deleting the blob', (faults, when) => faults.breakStore('delete', when)],
    ['asking nodes again', (faults, when) => faults.breakMethod(ChunkStore.prototype, 'dropBases', when)],
  ];

  it.each(KILLS)('while %s has lost nothing, and the next goes on', async (_, kill) => {
    for (const when of ['before', 'after'] as const) {
      const faults = failing();
      const { test, sets, pack } = await withTwoSets(faults);
      const spoilt = async (): Promise<Buffer> => {
        await spoilChunk(pack, 1);
        return readFile(pack);
      };
      const bytes = await spoilt();
      kill(faults, when);
      await repair(test).catch((thrown: Error) => expect(thrown.message).toContain('killed'));
      faults.mend();
      await test.abandonAndReopen();
      await repair(test);
      const kept = await packFiles(test, 'quarantine');
      expect(await readFile(kept[0]!)).toEqual(bytes);
      expect(kept).toHaveLength(1);
      expect(await kindsOf(test)).toEqual(['closure-broken', 'closure-broken']);
      await sets.take(MORE);
      await sets.assertWhole();
      expect(await kindsOf(test)).toEqual([]);
    }
  });
});
