import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileSystemBlobStore, type BlobStore } from '@lifeboat/blob-store';
import { parseS3Location, S3BlobStore } from '@lifeboat/blob-store/s3';
import { silentLog } from '@lifeboat/kernel';
import { startSwift, type SwiftServer } from '@lifeboat/testkit';
import { OfflineVault } from '../offline/offline-vault.ts';
import { failing, seededBytes, TestSets, TestVaults, type TestVault } from '../testing/index.ts';
import type { ReplicaPass } from './replica.ts';

const BUCKET = 'replica';

let swift: SwiftServer;
let vaults: TestVaults;
let directory: string;
beforeAll(async () => {
  [swift, vaults] = await Promise.all([startSwift(), TestVaults.start()]);
  await swift.createBucket(BUCKET);
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-replica-'));
});
afterAll(async () => {
  await vaults?.stop();
  await swift?.stop();
  await rm(directory, { recursive: true, force: true });
});

let places = 0;

async function onFiles(): Promise<BlobStore> {
  return FileSystemBlobStore.open(join(directory, `${(places += 1)}`));
}

async function onS3(): Promise<BlobStore> {
  const query = `endpoint=${swift.endpoint}&region=${swift.region}`;
  const location = parseS3Location(`s3://${BUCKET}/${(places += 1)}?${query}`);
  return S3BlobStore.open({ location, credentials: swift });
}

const files = (name: string) => ({ shared: seededBytes('shared', 3000), [name]: seededBytes(name, 3000) });

async function withReplica(store: BlobStore, wrapStore?: (store: BlobStore) => BlobStore) {
  const replica = { store, location: `place ${places}` };
  const test = await vaults.make({ replica, ...(wrapStore && { wrapStore }) });
  return { test, replica, sets: await TestSets.of(test) };
}

function pass(test: TestVault): Promise<ReplicaPass> {
  return test.vault.replica!.pass(new AbortController().signal);
}

/** Every set document that lies there, with all that it names. */
async function wholeSets(test: TestVault, store: BlobStore): Promise<number> {
  const offline = await OfflineVault.open(store, test.parts.keyRing, silentLog);
  const { findings, sets } = await offline.check({ readData: true });
  expect(findings).toEqual([]);
  return sets;
}

describe.each([
  ['a directory', onFiles],
  ['S3', onS3],
] as const)('a replica in %s', (_, open) => {
  it('holds what the vault holds, read back, and is read as the vault is', async () => {
    const { test, replica, sets } = await withReplica(await open());
    await sets.take(files('a'));
    await sets.take(files('b'));
    expect(await test.vault.replica!.lag()).toMatchObject({ packs: 2, sets: 2 });
    expect(await pass(test)).toMatchObject({ problems: [] });
    expect(await test.vault.replica!.lag()).toEqual({ packs: 0, bytes: 0, sets: 0 });
    expect(await test.vault.replica!.lastSet()).toBe(sets.kept[1]!.document.set);
    expect(await wholeSets(test, replica.store)).toBe(2);
    expect(await pass(test)).toMatchObject({ blobs: 0, bytes: 0 });

    const third = await sets.take(files('c'));
    await sets.delete(sets.kept[0]!);
    await pass(test);
    expect(await test.vault.replica!.lastSet()).toBe(third.document.set);
    // The record of the deletion is there too; the bytes stay.
    expect(await wholeSets(test, replica.store)).toBe(2);
  });

  it('gives back what the vault has lost', async () => {
    const { test, sets } = await withReplica(await open());
    await sets.take(files('a'));
    await sets.take(files('b'));
    await test.vault.prove();
    await pass(test);
    const [first, second] = (await packFiles(test)) as [string, string];
    const document = join(test.parts.storeRoot, (await test.catalog.sets.documentNames())[0]!);
    await rm(first);
    await writeOver(second, (bytes) => bytes.subarray(0, 1000));
    await rm(document);
    const { signal } = new AbortController();
    const options = { dryRun: false, readData: true, allowLarge: false, signal };
    const plan = await test.vault.repair({ ...options, dryRun: true });
    const report = await test.vault.repair(options);
    expect(report.items.map(({ outcome }) => outcome)).toEqual(['replaced', 'replaced', 'replaced']);
    expect(plan.items).toEqual(report.items);
    expect(report.chunks).toMatchObject({ salvaged: 0, lost: 0 });
    expect(report.sets.map(({ state }) => state)).toEqual(['mended', 'mended', 'mended']);
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
    await sets.assertWhole();
  });
});

describe('a replica', () => {
  it('is a vault at any moment: killed behind any write, each set in it is whole, and the next pass goes on', async () => {
    const inner = await onFiles();
    const writes = { left: 0 };
    const { test, sets } = await withReplica(ending(inner, writes));
    await sets.take(files('a'));
    await sets.take(files('b'));
    await sets.delete(sets.kept[0]!);
    await sets.take(files('c'));
    let kills = 0;
    for (let isDone = false; !isDone; kills += 1) {
      writes.left = 1;
      isDone = await pass(test).then(
        () => true,
        () => false,
      );
      if ((await inner.size('vault.json')) !== undefined) await wholeSets(test, inner);
    }
    // vault.json, three packs, two control records, two set documents.
    expect(kills).toBe(8);
    expect(await wholeSets(test, inner)).toBe(2);
  });

  it('takes no damage over, and no set document while there is some', async () => {
    const { test, replica, sets } = await withReplica(await onFiles());
    await sets.take(files('a'));
    const [pack] = (await packFiles(test)) as [string];
    const bytes = await readFile(pack);
    await writeOver(pack, (whole) => Buffer.concat([whole, Buffer.from('x')]));
    expect((await pass(test)).problems).toEqual([expect.stringContaining('vault repair')]);
    expect(await test.vault.replica!.lag()).toMatchObject({ packs: 1, sets: 1 });
    await rm(pack);
    expect((await pass(test)).problems).toHaveLength(1);
    expect(await wholeSets(test, replica.store)).toBe(0);
    await writeFile(pack, bytes);
    expect((await pass(test)).problems).toEqual([]);
    expect(await wholeSets(test, replica.store)).toBe(1);
  });

  it('has what is damaged in it replaced, and nothing written twice, when the catalog was lost', async () => {
    const { test, replica, sets } = await withReplica(await onFiles());
    await sets.take(files('a'));
    await sets.take(files('b'));
    await pass(test);
    const [first] = (await packFiles(test)) as [string];
    const copy = join((replica.store as FileSystemBlobStore).root, 'packs', first.slice(-67));
    await writeOver(copy, (bytes) => bytes.subarray(0, 500));
    await test.abandonAndReopen({ url: await vaults.database() });
    await test.vault.reindex();
    expect(await test.vault.replica!.lag()).toMatchObject({ packs: 2 });
    expect(await pass(test)).toMatchObject({ bytes: (await readFile(first)).length });
    expect(await wholeSets(test, replica.store)).toBe(2);
  });

  it('gives back packs of which a new catalog never knew, each of them', async () => {
    const { test, sets } = await withReplica(await onFiles());
    await sets.take(files('a'));
    await sets.take(files('b'));
    await pass(test);
    const [first, second] = (await packFiles(test)) as [string, string];
    await rm(first);
    await writeOver(second, (bytes) => Buffer.concat([Buffer.from('x'), bytes.subarray(1)]));
    await test.abandonAndReopen({ url: await vaults.database() });
    await test.vault.reindex();
    const { signal } = new AbortController();
    const options = { dryRun: false, readData: true, allowLarge: true, signal };
    const report = await test.vault.repair(options);
    expect(report.items.map(({ outcome }) => outcome)).toEqual(['replaced', 'replaced']);
    expect(report.sets.map(({ state }) => state)).toEqual(['mended', 'mended']);
    await sets.assertWhole();
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
    expect((await test.vault.repair(options)).items).toEqual([]);
  });

  it('of another vault is left alone', async () => {
    const { test, replica } = await withReplica(await onFiles());
    await pass(test);
    const other = await vaults.make({ replica });
    await expect(pass(other)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });
});

/** Ends with an error behind that many writes. */
function ending(inner: BlobStore, writes: { left: number }): BlobStore {
  const store = failing().wrapStore(inner);
  Object.defineProperty(store, 'put', {
    value: async (...given: Parameters<BlobStore['put']>) => {
      if (writes.left === 0) throw new Error('killed');
      writes.left -= 1;
      await inner.put(...given);
    },
  });
  return store;
}

async function packFiles(test: TestVault): Promise<string[]> {
  const root = join(test.parts.storeRoot, 'packs');
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => name.length > 60).map((name) => join(root, name));
}

async function writeOver(file: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const bytes = change(await readFile(file));
  await rm(file);
  await writeFile(file, bytes);
}
