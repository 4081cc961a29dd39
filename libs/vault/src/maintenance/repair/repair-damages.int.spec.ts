import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DamagedVault } from '../../testing/damaged-vault.ts';
import { TestVaults } from '../../testing/index.ts';
import { CATALOG, PACKS, RECORDS, scene, SET_DOCUMENTS, SETS, told } from '../damages.fixture.ts';
import type { RepairOptions, RepairReport } from './repair-report.ts';

let vaults: TestVaults;
let vault: DamagedVault;
beforeAll(async () => {
  vaults = await TestVaults.start();
  vault = await DamagedVault.make(vaults);
  Object.assign(scene, { vault, foreign: await DamagedVault.make(vaults) });
});
afterAll(async () => vaults.stop());
afterEach(async () => vault.putBack());

async function repair(options: Partial<RepairOptions> = {}): Promise<RepairReport> {
  const { signal } = new AbortController();
  const wanted = { dryRun: false, readData: true, allowLarge: false, signal, ...options };
  return vault.test.vault.repair(wanted);
}

describe.each([
  ['a pack', PACKS],
  ['a set document', SET_DOCUMENTS],
  ['a record', RECORDS],
  ['the catalog', CATALOG],
] as const)('a repair of damage to %s', (_, damages) => {
  it.each(damages)('$what', async ({ damage, rest = [], lost = [] }) => {
    await damage();
    const before = await vault.files();

    const plan = await repair({ dryRun: true });
    expect(await vault.files()).toEqual(before);
    const report = await repair();
    // It does what it has said, down to the sets.
    expect(report.items.map(({ subject, outcome }) => [subject, outcome])).toEqual(
      plan.items.map(({ subject, outcome }) => [subject, outcome]),
    );
    expect(statesOf(report)).toEqual(statesOf(plan).map((state) => state.replace('mendable', 'mended')));

    expect(told(await vault.test.vault.check({ readData: true }))).toEqual(rest);
    for (const [index, set] of SETS.entries()) {
      if (lost.includes(set)) await expect(vault.restoreOffline(index)).rejects.toThrow();
      else await vault.restoreOffline(index);
    }
    await expectNothingDestroyed(before);
    // What is left, nothing more can be done about.
    const again = await repair();
    expect(again.items.filter(({ outcome }) => outcome !== 'left')).toEqual([]);
    expect(again.quarantined).toEqual([]);
  });
});

function statesOf({ sets }: RepairReport): string[] {
  return sets.map(({ set, state }) => `${set} ${state}`);
}

/** Every blob lies where it lay, or its bytes lie in the quarantine under its name. */
async function expectNothingDestroyed(before: ReadonlyMap<string, Buffer>): Promise<void> {
  const after = await vault.files();
  for (const [name, bytes] of before) {
    const kept = [...after].filter(([each]) => each === name || each.startsWith(`quarantine/${name}`));
    expect(kept.some(([, found]) => found.equals(bytes))).toBe(true);
  }
}
