import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seededBytes, TestSets, TestVaults, type TakenSet, type TestVault } from '../../testing/index.ts';
import type { RepairReport } from './repair-report.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

async function withSet(): Promise<{ test: TestVault; sets: TestSets; taken: TakenSet }> {
  const test = await vaults.make();
  const sets = await TestSets.of(test);
  return { test, sets, taken: await sets.take({ a: seededBytes('a', 2000) }) };
}

/** With a catalog that knows nothing of the vault. */
async function repairWithoutCatalog(test: TestVault): Promise<RepairReport> {
  await test.abandonAndReopen({ url: await vaults.database() });
  const { signal } = new AbortController();
  return test.vault.repair({ dryRun: false, readData: true, allowLarge: false, signal });
}

describe('a repair whose catalog was lost', () => {
  it('says which set is hit by what its document is named, and leaves the bytes where they are', async () => {
    const { test, taken } = await withSet();
    const [name] = await test.catalog.sets.documentNames();
    await test.parts.store.delete(name!);
    await test.parts.store.put(name!, Buffer.from('damaged'));
    const report = await repairWithoutCatalog(test);
    expect(report.items).toMatchObject([{ subject: name, outcome: 'left' }]);
    expect(report.sets).toEqual([
      { set: taken.document.set, cluster: test.cluster, sequence: 1, state: 'hit', trees: [] },
    ]);
    expect(report.quarantined).toEqual([]);
  });

  it('does not adopt a whole pack of which no set lacks anything', async () => {
    const { test, sets, taken } = await withSet();
    await sets.delete(taken);
    expect(await repairWithoutCatalog(test)).toMatchObject({ items: [], sets: [], quarantined: [] });
    expect((await test.catalog.packs.totals()).closed).toBe(0);
  });
});
