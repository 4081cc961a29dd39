import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeyRing } from '@lifeboat/identity';
import { silentLog } from '@lifeboat/kernel';
import { sealRecord } from '@lifeboat/vault-format';
import { setBlob } from './layout.ts';
import { OfflineVault } from './offline/index.ts';
import { recordedKeyEpoch } from './records/key-epochs.ts';
import { failing, seededBytes, TestSets, TestVaults, type TestVault } from './testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

function files(...names: string[]): Record<string, Buffer> {
  return Object.fromEntries(names.map((name) => [name, seededBytes(name, 20_000)]));
}

async function rotate(test: TestVault): Promise<number> {
  return test.vault.rotateKeys(test.parts.keyFile);
}

async function prune(test: TestVault): Promise<void> {
  const { signal } = new AbortController();
  const options = { dryRun: false, graceMillis: 0, deadShare: 0.01, allowLarge: true, signal };
  for (let run = 0; run < 3; run += 1) await test.vault.prune(options);
}

async function packs(test: TestVault): Promise<string[]> {
  return (await readdir(join(test.parts.storeRoot, 'packs'), { recursive: true })).sort();
}

/** Server and offline reader, with the key file and with the kit made from it, give back all sets and find nothing. */
async function expectWhole(test: TestVault, sets: TestSets): Promise<void> {
  await sets.assertWhole();
  expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  const fromFile = await KeyRing.read(test.parts.keyFile);
  const fromKit = KeyRing.fromRecoveryText(fromFile.recoveryLines().join('\n'));
  for (const ring of [fromFile, fromKit]) await expectReadableWith(ring, test, sets);
}

async function expectReadableWith(ring: KeyRing, test: TestVault, sets: TestSets): Promise<void> {
  await test.vault.closeOpenPacks(sets.cluster);
  const offline = await OfflineVault.open(test.parts.store, ring, silentLog);
  const found = await offline.sets();
  expect(found.findings).toEqual([]);
  expect(found.sets.map(({ hash }) => hash)).toEqual(sets.kept.map(({ hash }) => hash));
  expect((await offline.check({ readData: true })).findings).toEqual([]);
}

describe('a rotation of the keys', () => {
  it('seals what follows with new keys, rewrites nothing and sends nothing twice', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(files('a', 'b'));
    const before = await packs(test);
    expect(await rotate(test)).toBe(2);
    expect(await packs(test)).toEqual(before);
    // The connection that was there goes on under its key, and the next has the new one.
    sets.agent.sent = 0;
    await sets.take(files('a', 'b', 'c'));
    await sets.agent.reconnect();
    await sets.take(files('a', 'b', 'c', 'd'));
    // Of each of both sets the new file, the segment and the root.
    expect(sets.agent.sent).toBe(6);
    expect(sets.kept.map(({ document }) => document.keyEpoch)).toEqual([1, 2, 2]);
    expect(await packs(test)).toEqual(expect.arrayContaining(before));
    await expectWhole(test, sets);
  });

  it('leaves sets of every epoch readable through prune, restart and reindex', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    for (const name of ['a', 'b', 'c']) {
      await sets.take(files('stays', name, `${name}-too`));
      await rotate(test);
      await sets.agent.reconnect();
    }
    // Frames of the first epoch are copied into a pack of the fourth.
    await sets.delete(sets.kept[1]!);
    await prune(test);
    await expectWhole(test, sets);
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ sets: 2 });
    await expectWhole(test, sets);
    expect(await recordedKeyEpoch(test.parts.store)).toBe(4);
  });

  it('shuts out who holds the old key and the vault', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(files('a'));
    const stolen = await KeyRing.read(test.parts.keyFile);
    await rotate(test);
    await sets.agent.reconnect();
    const later = await sets.take(files('a', 'b'));
    const warned: string[] = [];
    const log = { ...silentLog, warn: (_: object, message: string) => void warned.push(message) };
    const thief = await OfflineVault.open(test.parts.store, stolen, log);
    expect(warned).toEqual([expect.stringContaining('later key epoch')]);
    const found = await thief.sets();
    expect(found.sets.map(({ hash }) => hash)).toEqual([sets.kept[0]!.hash]);
    expect(found.findings).toEqual([expect.objectContaining({ kind: 'set-damaged' })]);
    const cluster = await thief.cluster(sets.cluster);
    try {
      // Told by somebody which root to ask for: not even that helps.
      const root = Buffer.from(later.document.captures[0]!.root, 'hex');
      await expect(cluster.manifestRoot(root)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    } finally {
      cluster.close();
    }
    await expect(
      test.abandonAndReopen().then(async () => {
        Object.assign(test.parts, { keyRing: stolen });
        await test.open();
      }),
    ).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('betrays a set that somebody signs and seals with the key of an epoch that is over', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    const first = await sets.take(files('a'));
    const stolen = await KeyRing.read(test.parts.keyFile);
    await rotate(test);
    const second = await sets.take(files('b'));
    const set = '00000000-0000-4000-8000-00000000f0f0';
    const forged = { ...first.document, set, sequence: 3, previous: second.hash };
    const name = setBlob(sets.cluster, 3, set);
    const { documentKey } = stolen.clusterKeys(sets.cluster);
    const keys = { documentKey, nonce: Buffer.alloc(12, 7) };
    const put = async (document: unknown) =>
      test.parts.store.put(
        name,
        sealRecord('set', document, keys, stolen.signer, { vault: test.vault.id, name }),
      );
    await put({ ...forged, keyEpoch: 2 });
    await expect(test.vault.getSetDocument(name)).rejects.toMatchObject({
      code: 'FORMAT_DAMAGED',
      message: expect.stringContaining('sealed in epoch 1'),
    });
    await test.parts.store.delete(name);
    await put(forged);
    const offline = await OfflineVault.open(test.parts.store, test.parts.keyRing, silentLog);
    expect((await offline.sets()).findings).toEqual([
      expect.objectContaining({ subject: name, message: expect.stringContaining('key epoch 1') }),
    ]);
  });

  it('is refused to a server whose vault another one has taken over', async () => {
    const test = await vaults.make();
    await test.parts.store.put('owner/another', Buffer.from('{}'));
    const before = await readFile(test.parts.keyFile);
    await expect(rotate(test)).rejects.toMatchObject({ code: 'VAULT_OWNED_BY_ANOTHER' });
    expect(await readFile(test.parts.keyFile)).toEqual(before);
  });
});

describe('a rotation that is killed', () => {
  it.each([
    ['before the key file is replaced', 'file', 'before', 1],
    ['when the key file was replaced', 'file', 'after', 2],
    ['before the vault says it', 'put', 'before', 2],
    ['when the vault says it', 'put', 'after', 2],
  ] as const)('%s is harmless', async (_, step, when, epoch) => {
    const faults = failing();
    const test = await vaults.make({ wrapStore: faults.wrapStore });
    const sets = await TestSets.of(test);
    await sets.take(files('a', 'b'));
    const running = await sets.begin();
    await sets.capture(running, files('a', 'c'));
    if (step === 'file') faults.breakMethod(KeyRing.prototype, 'beginEpoch', when);
    else faults.breakStore('put', when);
    await expect(rotate(test)).rejects.toThrow('killed');
    faults.mend();
    // A temporary file that the kill left beside it is nobody's key file.
    await copyFile(test.parts.keyFile, `${test.parts.keyFile}.0123456789ab.tmp`);
    await test.abandonAndReopen();
    expect(test.parts.keyRing.epoch).toBe(epoch);
    expect(await recordedKeyEpoch(test.parts.store)).toBe(epoch);
    await sets.seal(running);
    await sets.agent.reconnect();
    await sets.take(files('a', 'd'));
    await expectWhole(test, sets);
    expect(await rotate(test)).toBe(epoch + 1);
    await sets.take(files('e'));
    await prune(test);
    await expectWhole(test, sets);
  });

  it('and not restarted is finished by the next call, which begins no further epoch', async () => {
    const faults = failing();
    const test = await vaults.make({ wrapStore: faults.wrapStore });
    const sets = await TestSets.of(test);
    await sets.take(files('a'));
    faults.breakStore('put', 'before');
    await expect(rotate(test)).rejects.toThrow('killed');
    faults.mend();
    expect(await rotate(test)).toBe(2);
    expect(await rotate(test)).toBe(3);
    await sets.take(files('b'));
    await expectWhole(test, sets);
  });
});
