import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, type SetId } from '@lifeboat/kernel';
import type { SetDeletion, SetDocument } from '@lifeboat/model';
import { OfflineVault } from '../offline/offline-vault.ts';
import {
  captureTestTree,
  failing,
  setDocument,
  TestSender,
  TestVaults,
  type TestVault,
} from '../testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

interface Sealed {
  readonly document: SetDocument;
  readonly name: string;
  readonly hash: string;
}

/** Three sealed sets of one tree. */
async function withSets(test: TestVault): Promise<[Sealed, Sealed, Sealed]> {
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const root = await captureTestTree(test, sender, { 'a.txt': Buffer.from('a') });
  await test.vault.closeOpenPacks(test.cluster);
  const sealed: Sealed[] = [];
  for (const sequence of [1, 2, 3]) {
    const document = setDocument(test, sequence, sealed.at(-1)?.hash ?? null, root);
    const { name, hash } = await test.vault.putSetDocument(document);
    const id = document.set as SetId;
    await test.catalog.sets.create({ id, cluster: test.cluster, requestedBy: 'admin' });
    await test.catalog.sets.sealed({ id, sequence, document, documentName: name, documentHash: hash });
    sealed.push({ document, name, hash });
  }
  return sealed as [Sealed, Sealed, Sealed];
}

function deletionOf({ document, hash }: Sealed): SetDeletion {
  const { set, cluster, sequence, previous, requestedAt, requestedBy, sealedAt, statement } = document;
  const { guarantee } = statement;
  const when = { deletedAt: new Date(1000).toISOString(), deletedBy: 'admin', reason: 'too old' };
  const was = { requestedAt, requestedBy, sealedAt, guarantee };
  return { version: 1, set, cluster, sequence, hash, previous, ...was, ...when };
}

async function offlineSets(test: TestVault) {
  const { sets, findings } = await (
    await OfflineVault.open(test.parts.store, test.parts.keyRing, silentLog)
  ).sets();
  return { sets: sets.map(({ name }) => name), findings };
}

/** What must hold once the middle one is deleted, in whatever way it came to that. */
async function expectDeleted(test: TestVault, [first, middle, last]: readonly Sealed[]): Promise<void> {
  const names = [first!.name, last!.name];
  expect((await test.catalog.sets.list(test.cluster)).map((row) => row.documentName).sort()).toEqual(names);
  expect(await test.catalog.sets.deleted(middle!.document.set)).toMatchObject({ reason: 'too old' });
  expect((await test.vault.check({ readData: false })).findings).toEqual([]);
  expect(await offlineSets(test)).toEqual({ sets: names, findings: [] });
  await expect(access(join(test.parts.storeRoot, middle!.name))).rejects.toMatchObject({ code: 'ENOENT' });
}

describe('a set that was deleted', () => {
  it('is gone, and the chain of the others holds', async () => {
    const test = await vaults.make();
    const sets = await withSets(test);
    await test.vault.deleteSet(deletionOf(sets[1]));
    await expectDeleted(test, sets);
    await test.vault.deleteSet(deletionOf(sets[1]));
    await expectDeleted(test, sets);
  });

  it('is not brought back by a reindex, and the next set follows on it', async () => {
    const test = await vaults.make();
    const sets = await withSets(test);
    await test.vault.deleteSet(deletionOf(sets[1]));
    await test.vault.deleteSet(deletionOf(sets[2]));
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ sets: 1 });
    const end = { sequence: 3, documentHash: sets[2].hash, document: null };
    expect(await test.catalog.sets.latestSealed(test.cluster)).toMatchObject(end);
    expect(await test.catalog.sets.latestKept(test.cluster)).toMatchObject({ sequence: 1 });
    expect(await offlineSets(test)).toEqual({ sets: [sets[0].name], findings: [] });
  });

  it('leaves a finding where the record is not the one of the set that is missing', async () => {
    const test = await vaults.make();
    const sets = await withSets(test);
    await test.vault.deleteSet({ ...deletionOf(sets[1]), hash: 'f'.repeat(64) });
    const { findings } = await test.vault.check({ readData: false });
    expect(findings).toMatchObject([{ subject: sets[2].name, kind: 'set-chain-broken' }]);
    expect((await offlineSets(test)).findings).toEqual(findings);
    await rm(join(test.parts.storeRoot, 'control', 'deletions'), { recursive: true });
    expect((await offlineSets(test)).findings).toMatchObject([{ message: 'sequence 2 is missing' }]);
  });

  it('by a newer release is not deleted here, and its record is a finding', async () => {
    const test = await vaults.make();
    const sets = await withSets(test);
    const { set } = sets[1].document;
    await test.vault.putControl(`deletions/${set}`, { version: 2, set });
    await expect(test.vault.deleteSet(deletionOf(sets[1]))).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
    });
    for (const look of [await test.vault.check({ readData: false }), await offlineSets(test)])
      expect(look.findings).toContainEqual(expect.objectContaining({ kind: 'newer-release' }));
    expect((await offlineSets(test)).sets).toEqual(sets.map(({ name }) => name));
    await expect(test.vault.reindex()).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' });
  });

  it('is deleted in the end, wherever a kill hit it', async () => {
    for (const step of ['put', 'catalog', 'delete'] as const) {
      for (const when of ['before', 'after'] as const) {
        const faults = failing();
        const test = await vaults.make({ wrapStore: faults.wrapStore });
        const sets = await withSets(test);
        if (step === 'catalog') faults.breakMethod(test.catalog.sets, 'delete', when);
        else faults.breakStore(step, when);
        await expect(test.vault.deleteSet(deletionOf(sets[1]))).rejects.toThrow('killed');
        faults.mend();
        await test.abandonAndReopen();
        const begun = step !== 'put' || when === 'after';
        if (!begun) await test.vault.deleteSet(deletionOf(sets[1]));
        await expectDeleted(test, sets);
      }
    }
  });

  it('does not keep a server with an empty catalog from starting', async () => {
    const faults = failing();
    const test = await vaults.make({ wrapStore: faults.wrapStore });
    const sets = await withSets(test);
    faults.breakStore('delete', 'before');
    await expect(test.vault.deleteSet(deletionOf(sets[1]))).rejects.toThrow('killed');
    faults.mend();
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ sets: 2 });
    await expectDeleted(test, sets);
  });
});
