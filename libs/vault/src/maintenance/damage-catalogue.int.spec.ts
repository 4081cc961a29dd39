import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { isLifeboatError, messageOf } from '@lifeboat/kernel';
import { DamagedVault } from '../testing/damaged-vault.ts';
import { TestVaults } from '../testing/index.ts';
import { Vault } from '../vault.ts';
import {
  CATALOG,
  nameOf,
  PACKS,
  RECORDS,
  replaceIn,
  scene,
  SET_DOCUMENTS,
  SETS,
  told,
} from './damages.fixture.ts';

let vaults: TestVaults;
let vault: DamagedVault;
let foreign: DamagedVault;
beforeAll(async () => {
  vaults = await TestVaults.start();
  vault = await DamagedVault.make(vaults);
  foreign = await DamagedVault.make(vaults);
  Object.assign(scene, { vault, foreign });
});
afterAll(async () => vaults.stop());
afterEach(async () => vault.putBack());

describe.each([
  ['a pack', PACKS],
  ['a set document', SET_DOCUMENTS],
  ['a record', RECORDS],
  ['the catalog', CATALOG],
] as const)('damage to %s', (_, damages) => {
  it.each(damages)('$what', async ({ damage, seen, read = seen, offline, hit = [], hitOnline = hit }) => {
    await damage();
    const files = await vault.files();

    const { vault: online } = vault.test;
    expect(told(await online.check({ readData: false }))).toEqual(seen);
    expect(told(await online.check({ readData: true }))).toEqual(read);
    if (offline === null) {
      await expect(vault.openOffline()).rejects.toMatchObject({
        code: expect.stringMatching(/^(FORMAT_|SIGNATURE_|KEY_|BLOB_NOT_FOUND)/),
        guidance: expect.stringMatching(/./),
      });
    } else {
      const expected = offline ?? { seen, read };
      const alone = await vault.openOffline();
      expect(told(await alone.check({ readData: false }))).toEqual(expected.seen);
      expect(told(await alone.check({ readData: true }))).toEqual(expected.read ?? expected.seen);
    }
    for (const [index, set] of SETS.entries()) {
      await expectRestore(() => vault.restoreOffline(index), hit.includes(set));
      await expectRestore(() => vault.restoreOnline(index), hitOnline.includes(set));
    }
    // Whoever only looks changes nothing.
    expect(await vault.files()).toEqual(files);
  });
});

/** Either all bytes come back, or it fails; never others. */
async function expectRestore(restore: () => Promise<void>, isHit: boolean): Promise<void> {
  const failure = await restore().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isHit) expect(failure).toBeUndefined();
  else if (!isLifeboatError(failure)) expect(messageOf(failure)).toBe('its document cannot be read');
}

describe('a server that is started', () => {
  const start = (keyRing = vault.test.parts.keyRing): Promise<Vault> =>
    Vault.open({ ...vault.test.parts, keyRing, catalog: vault.test.catalog });

  it.each([
    [
      'of a newer release',
      'FORMAT_UNSUPPORTED',
      'Start a server of that release',
      '"version":1',
      '"version":2',
    ],
    ['that was changed', 'SIGNATURE_INVALID', 'from a replica', '"createdAt":"2', '"createdAt":"1'],
  ])('on a vault %s refuses it and leaves it as it is', async (_, code, guidance, text, by) => {
    await replaceIn(() => 'vault.json', text, by)();
    const files = await vault.files();
    await expect(start()).rejects.toMatchObject({ code, guidance: expect.stringContaining(guidance) });
    expect(await vault.files()).toEqual(files);
  });

  it('with the key of another vault refuses it and leaves it as it is', async () => {
    const files = await vault.files();
    await expect(start(foreign.test.parts.keyRing)).rejects.toMatchObject({ code: 'KEY_MISSING' });
    expect(await vault.files()).toEqual(files);
  });
});

it('has packs that are named by their bytes', () => {
  for (const name of vault.packs) expect(nameOf(vault.bytesOf(name))).toBe(name);
});
