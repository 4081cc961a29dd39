import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parseS3Location, S3BlobStore } from '@lifeboat/blob-store/s3';
import { silentLog } from '@lifeboat/kernel';
import { FaultyProxy, seededBytes, startSwift, type FaultOf, type SwiftServer } from '@lifeboat/testkit';
import { captureTestTree, setDocument, TestSender, TestVaults, type TestVault } from './testing/index.ts';
import { Vault } from './vault.ts';

const BUCKET = 'vault';
const FILES = { 'a.txt': Buffer.from('first file'), 'b/c.bin': seededBytes('c', 300_000) };

let swift: SwiftServer;
let proxy: FaultyProxy;
let vaults: TestVaults;

beforeAll(async () => {
  [swift, vaults] = await Promise.all([startSwift(), TestVaults.start()]);
  await swift.createBucket(BUCKET);
  proxy = await FaultyProxy.start(swift.endpoint);
});
afterEach(() => {
  proxy.faultOf = () => undefined;
});
afterAll(async () => {
  await vaults?.stop();
  await proxy?.stop();
  await swift?.stop();
});

describe('a vault on S3', () => {
  it('keeps, proves and gives back, and is the truth when the catalog is lost', async () => {
    const { test, root } = await withTree();
    const document = setDocument(test, 1, null, root);
    await test.vault.putSetDocument(document);
    expect(await test.vault.prove()).toMatchObject({ packs: 1, findings: [] });
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ packs: 1, sets: 1, clusters: 1 });
    expect((await test.catalog.sets.latestSealed(test.cluster))?.document).toEqual(document);
    await test.vault.assertClosure(test.cluster, [root]);
  });

  it('loses nothing when the store takes no pack: the open one stays, and is closed when the store is back', async () => {
    const { test, sender } = await withTree();
    const late = sender.seal([seededBytes('late', 100_000)]);
    await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, late.frames);
    proxy.faultOf = ({ method }) => (method === 'PUT' ? { kind: 'answer', status: 503 } : undefined);
    await expect(test.vault.closeOpenPacks(test.cluster)).rejects.toMatchObject({
      code: 'VAULT_UNREACHABLE',
    });
    proxy.faultOf = () => undefined;
    // The ingest recovers it from disk as after a kill.
    await test.vault.ingest(test.cluster);
    expect(await test.vault.readChunk(test.cluster, late.ids)).toEqual(seededBytes('late', 100_000));
    await test.vault.closeOpenPacks(test.cluster);
    expect(await readdir(join(test.parts.workDir, 'open-packs')).catch(() => [])).toEqual([]);
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  });

  it('knows a pack and a set that it put although every answer was lost', async () => {
    const test = await makeVault();
    const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
    const root = await captureTestTree(test, sender, FILES);
    proxy.faultOf = ({ method }) => (method === 'PUT' ? { kind: 'lose-answer' } : undefined);
    await test.vault.closeOpenPacks(test.cluster);
    const document = setDocument(test, 1, null, root);
    const stored = await test.vault.putSetDocument(document);
    proxy.faultOf = () => undefined;
    expect(await test.vault.putSetDocument(document)).toEqual(stored);
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  });

  it('is refused to a second server, and to the first once the second has taken over', async () => {
    const { test, root } = await withTree();
    const other = await otherServer(test);
    await expect(Vault.open(other)).rejects.toMatchObject({ code: 'VAULT_OWNED_BY_ANOTHER' });
    const second = await Vault.open({ ...other, takeOver: true });
    const document = setDocument(test, 1, null, root);
    await expect(test.vault.putSetDocument(document)).rejects.toMatchObject({
      code: 'VAULT_OWNED_BY_ANOTHER',
    });
    await second.putSetDocument(document);
    await second.close();
  });
});

describe('a vault on a store that lists late', () => {
  it('is not taken for ownerless: the claim waits until it sees itself', async () => {
    const test = await makeVault();
    const other = await otherServer(test);
    proxy.faultOf = listingLacks(/\/owner\//, 3);
    await expect(Vault.open(other)).rejects.toMatchObject({ code: 'VAULT_OWNED_BY_ANOTHER' });
  });

  it('gives the latest version of a record all the same, and overwrites none', async () => {
    const test = await makeVault();
    for (const days of [1, 2]) await test.vault.putControl('policies/one', { days });
    proxy.faultOf = listingLacks(/policies\/one-0000000002/);
    expect(await policyOf(test)).toEqual({ days: 2 });
    await test.vault.putControl('policies/one', { days: 3 });
    expect(await policyOf(test)).toEqual({ days: 3 });
    proxy.faultOf = () => undefined;
    expect(await policyOf(test)).toEqual({ days: 3 });
    const versions = (await swift.names(BUCKET)).filter((name) =>
      name.includes(`${prefixOf(test)}/control/policies`),
    );
    expect(versions).toHaveLength(3);
  });

  it('finds a set that was committed by its name', async () => {
    const { test, root } = await withTree();
    const document = setDocument(test, 1, null, root);
    await test.vault.putSetDocument(document);
    proxy.faultOf = listingLacks(/\/sets\//);
    expect(await test.vault.findSetDocument(test.cluster, 1, document.set)).toEqual(document);
    expect(await test.vault.findSetDocument(test.cluster, 2, document.set)).toBeUndefined();
  });

  it('is brought back whole by a second reindex', async () => {
    const { test, root } = await withTree();
    await test.vault.putSetDocument(setDocument(test, 1, null, root));
    proxy.faultOf = listingLacks(/\/(packs|sets)\//);
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ packs: 0, sets: 0, clusters: 1 });
    proxy.faultOf = () => undefined;
    expect(await test.vault.reindex()).toMatchObject({ packs: 1, sets: 1, clusters: 1 });
    await test.vault.assertClosure(test.cluster, [root]);
  });
});

const prefixes = new WeakMap<TestVault, string>();

async function makeVault(): Promise<TestVault> {
  const prefix = randomUUID();
  const store = await S3BlobStore.open({
    location: parseS3Location(`s3://${BUCKET}/${prefix}?endpoint=${proxy.endpoint}&region=${swift.region}`),
    credentials: swift,
    retry: { attempts: 3, baseMillis: 5, maxMillis: 20 },
  });
  const test = await vaults.make({ wrapStore: () => store });
  prefixes.set(test, prefix);
  return test;
}

function prefixOf(test: TestVault): string {
  return prefixes.get(test) ?? '';
}

/** A vault with one closed pack holding one tree. */
async function withTree(): Promise<{ test: TestVault; sender: TestSender; root: Buffer }> {
  const test = await makeVault();
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const root = await captureTestTree(test, sender, FILES);
  await test.vault.closeOpenPacks(test.cluster);
  return { test, sender, root };
}

async function otherServer(test: TestVault) {
  const { store, keyRing, workDir } = test.parts;
  const clock = { now: () => new Date(), monotonic: () => 0 };
  return {
    store,
    keyRing,
    catalog: test.catalog,
    clock,
    log: silentLog,
    workDir: join(dirname(workDir), randomUUID()),
  };
}

async function policyOf(test: TestVault): Promise<unknown> {
  for await (const { name, plain } of test.vault.listControl()) if (name === 'policies/one') return plain;
  return undefined;
}

/** So many listings that would show such a key do not yet; without a number, none does. */
function listingLacks(key: RegExp, times = Infinity): FaultOf {
  let left = times;
  return ({ method, path }) => {
    if (method !== 'GET' || !path.includes('list-type=2')) return undefined;
    return {
      kind: 'rewrite',
      body: (xml) => {
        const shown = xml.replace(/<Contents>.*?<\/Contents>/gs, (entry) => (key.test(entry) ? '' : entry));
        if (shown !== xml) left -= 1;
        return left < 0 ? xml : shown;
      },
    };
  };
}
