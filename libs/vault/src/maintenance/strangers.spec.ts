import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, type PackName } from '@lifeboat/kernel';
import { packBlob } from '../layout.ts';
import { OfflineVault } from '../offline/index.ts';
import { seededBytes, TestSets, TestVaults, type TestVault } from '../testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const FILES = { 'a.txt': seededBytes('a', 2000) };

async function packNames({ parts }: TestVault): Promise<PackName[]> {
  const names = await readdir(join(parts.storeRoot, 'packs'), { recursive: true });
  return names.filter((name) => name.length > 60).map((name) => name.slice(3) as PackName);
}

const offline = async ({ parts }: TestVault): Promise<OfflineVault> =>
  OfflineVault.open(parts.store, parts.keyRing, silentLog);

const found = (kind: string, subject: unknown): unknown => expect.objectContaining({ kind, subject });

describe('what somebody put into the vault', () => {
  const strangers = ['packs/README', 'packs/00/tmp', 'sets/notes.txt', 'control/x'];

  it('is in nobody’s way, and a check names it', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(FILES);
    for (const name of strangers) await test.parts.store.put(name, Buffer.from('?'));
    for (const vault of [test.vault, await offline(test)]) {
      const { findings, sets: count } = await vault.check({ readData: true });
      expect(count).toBe(1);
      expect(findings).toContainEqual(found('pack-unknown', 'packs/README'));
      expect(findings).toContainEqual(found('pack-unknown', 'packs/00/tmp'));
      expect(findings).toContainEqual(found('record-damaged', 'control/x'));
    }
    await sets.take({ ...FILES, 'b.txt': Buffer.from('b') });
    const { signal } = new AbortController();
    const prune = await test.vault.prune({ dryRun: false, graceMillis: 0, allowLarge: true, signal });
    expect(prune.orphans).toEqual({ found: 0, removed: 0 });
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ sets: 2, clusters: 1 });
    await sets.assertWhole();
    for (const name of strangers) expect(await test.parts.store.size(name)).toBe(1);
  });

  it('is found out when it is another vault’s pack under the name of ours', async () => {
    const [test, other] = [await vaults.make(), await vaults.make()];
    for (const each of [test, other]) await (await TestSets.of(each)).take(FILES);
    const [[name], [stranger]] = [await packNames(test), await packNames(other)];
    const path = join(test.parts.storeRoot, packBlob(name!));
    await cp(join(other.parts.storeRoot, packBlob(stranger!)), path, { force: true });
    for (const vault of [test.vault, await offline(test)]) {
      const { findings } = await vault.check({ readData: false });
      expect(findings).toContainEqual(found('pack-damaged', name));
    }
    const { findings } = await test.vault.check({ readData: false });
    expect(findings[0]?.message).toContain('names another vault or cluster');
  });
});

describe('a pack of ours', () => {
  it('that no row tells of is named; a reindex adopts it', async () => {
    const test = await vaults.make();
    await (await TestSets.of(test)).take(FILES);
    await test.abandonAndReopen({ url: await vaults.database() });
    const [name] = await packNames(test);
    const { findings } = await test.vault.check({ readData: false });
    expect(findings).toContainEqual(found('pack-unknown', packBlob(name!)));
    await test.vault.reindex();
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  });

  it('of which nothing can be read is left out of a reindex, which adopts the others', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(FILES);
    const broken = `${'0'.repeat(63)}1` as PackName;
    const path = join(test.parts.storeRoot, packBlob(broken));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'no pack');
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ packs: 1, sets: 1 });
    await sets.assertWhole();
  });
});

describe('a reindex', () => {
  it('finds a cluster in its sets when its record is lost, and keeps a revoked node out', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(FILES);
    await test.parts.store.delete(`control/clusters/${test.cluster}-0000000001`);
    const { node, cluster } = test;
    const record = { id: node, cluster, name: 'node-1', serial: '01', machineId: null, revoked: true };
    await test.vault.putControl(`nodes/${node}`, { ...record, notAfter: new Date().toISOString() });
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ clusters: 1, sets: 1 });
    expect((await test.catalog.clusters.byName('portal'))?.id).toBe(cluster);
    expect(await test.catalog.nodes.byId(cluster, node)).toMatchObject({ state: 'revoked' });
    await sets.assertWhole();
  });
});
