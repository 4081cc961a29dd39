import { chmod, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BlobStore } from '@lifeboat/blob-store';
import { LifeboatError, type PackName } from '@lifeboat/kernel';
import { gate, movableClock } from '@lifeboat/testkit';
import { ClusterKeyChain } from '../cluster-key-chain.ts';
import type { ReadParts } from '../parts.ts';
import { seededBytes, TestSender, TestVaults, type TestVault } from '../testing/index.ts';
import type { Finding } from './finding.ts';
import { ProofGate } from './proof-gate.ts';
import { ProofWorkers } from './proof-workers.ts';
import { verifyPackData } from './verify-pack.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const RAWS = [
  Buffer.from('first'),
  seededBytes('noise', 300_000),
  Buffer.alloc(500_000, 'again and '),
  Buffer.from('last'),
];

/** Closes one more pack with these chunks. */
async function addPack(test: TestVault, raws: readonly Buffer[] = RAWS): Promise<TestSender> {
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const ingest = await test.vault.ingest(test.cluster);
  for (const raw of raws) await ingest.append(test.node, sender.keys, sender.seal([raw]).frames);
  await test.vault.closeOpenPacks(test.cluster);
  return sender;
}

async function packFiles(test: TestVault): Promise<string[]> {
  const packs = join(test.parts.storeRoot, 'packs');
  const names = await readdir(packs, { recursive: true });
  return names.filter((name) => name.length > 60).map((name) => join(packs, name));
}

/** As a store whose blobs are no files: its bytes go through the main thread. */
function withoutFiles(inner: BlobStore, read: BlobStore['read'] = (...at) => inner.read(...at)): BlobStore {
  return {
    read,
    put: (name, source) => inner.put(name, source),
    get: (name) => inner.get(name),
    size: (name) => inner.size(name),
    list: (prefix) => inner.list(prefix),
    delete: (name) => inner.delete(name),
    stream: (name) => inner.stream(name),
  };
}

function readPartsOf({ vault, parts }: TestVault): ReadParts {
  const keys = new ClusterKeyChain(parts.keyRing);
  return { ...parts, id: vault.id, keys, locate: async () => [], openPacks: undefined };
}

interface Damage {
  readonly what: string;
  readonly damage: (file: string, offset: number) => Promise<void>;
  readonly kinds: readonly Finding['kind'][];
  /** How many of RAWS can still be read. */
  readonly chunks: number;
}

/** `offset` is where the frame of the noise begins, which is the second. */
const DAMAGES: readonly Damage[] = [
  {
    what: 'one byte changed in a frame',
    damage: (file, offset) => changeByte(file, offset + 1000),
    kinds: ['pack-damaged', 'chunk-damaged'],
    chunks: 3,
  },
  {
    what: 'cut off in a frame',
    damage: (file, offset) => truncate(file, offset + 1000),
    kinds: ['pack-damaged'],
    chunks: 1,
  },
  {
    what: 'one byte changed in its table',
    damage: async (file) => changeByte(file, (await readFile(file)).length - 60),
    kinds: ['pack-damaged'],
    chunks: 4,
  },
  {
    what: 'nothing but zeros',
    damage: async (file) => writeFile(file, Buffer.alloc((await readFile(file)).length)),
    kinds: ['pack-damaged', 'chunk-damaged'],
    chunks: 0,
  },
  { what: 'gone', damage: async (file) => rm(file), kinds: ['pack-missing'], chunks: 0 },
];

async function changeByte(file: string, offset: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[offset] = (bytes[offset] as number) ^ 0x40;
  await writeFile(file, bytes);
}

describe.each([
  ['a file that the worker reads', undefined],
  ['bytes that it is handed', withoutFiles],
] as const)('the proof of a pack that is %s', (_name, wrapStore) => {
  const make = async (): Promise<TestVault> =>
    vaults.make(wrapStore === undefined ? {} : { wrapStore: (inner) => wrapStore(inner) });

  it('counts what it read, and makes its chunks good for every node', async () => {
    const test = await make();
    await addPack(test);
    await addPack(test, [Buffer.from('another pack')]);
    expect(await test.vault.prove()).toEqual({ packs: 2, chunks: 5, findings: [] });
    expect((await test.catalog.packs.totals()).proved).toBe(2);
    expect(await test.vault.prove()).toEqual({ packs: 0, chunks: 0, findings: [] });
  });

  it.each(DAMAGES)('finds in a worker what is found without one: $what', async ({ damage, ...expected }) => {
    const test = await make();
    const sender = await addPack(test);
    const noise = RAWS[1] as Buffer;
    const [place] = await test.catalog.chunks.locate(test.cluster, sender.idOf(noise));
    const [file] = (await packFiles(test)) as [string];
    await chmod(file, 0o600);
    await damage(file, place?.offset as number);
    // The same bytes read in this thread.
    const inThisThread = await verifyPackData(readPartsOf(test), test.cluster, file.slice(-64) as PackName);
    const seen: unknown[] = [];
    const { findings, chunks } = await test.vault.prove({ onFinding: (finding) => seen.push(finding) });
    expect({ findings, chunks }).toEqual({
      findings: inThisThread.findings,
      chunks: inThisThread.good.offsets.length,
    });
    expect([...new Set(findings.map(({ kind }) => kind))]).toEqual(expected.kinds);
    expect(chunks).toBe(expected.chunks);
    const kept = await test.catalog.chunks.have(
      test.cluster,
      test.node,
      Buffer.concat(RAWS.map((raw) => sender.idOf(raw))),
    );
    expect([...(kept[0] as number).toString(2)].filter((bit) => bit === '1')).toHaveLength(chunks);
    expect(seen).toEqual(findings);
    expect((await test.catalog.packs.totals()).proved).toBe(0);
  });
});

describe('a proof', () => {
  it('stands before the gate until it is let in', async () => {
    const door = gate();
    class Door extends ProofGate {
      override entrance() {
        return () => door.pass();
      }
    }
    const test = await vaults.make({ proofGate: new Door(movableClock()) });
    await addPack(test);
    const proving = test.vault.prove();
    await door.reached;
    expect((await test.catalog.packs.totals()).proved).toBe(0);
    door.open();
    expect(await proving).toMatchObject({ packs: 1, findings: [] });
  });

  it('counts a pack that failed one and was put back whole, when it is asked to look again', async () => {
    const test = await vaults.make();
    const sender = await addPack(test);
    const ids = Buffer.concat(RAWS.map((raw) => sender.idOf(raw)));
    const kept = async () => (await test.catalog.chunks.have(test.cluster, null, ids))[0];
    const [file] = (await packFiles(test)) as [string];
    const bytes = await readFile(file);
    for (const damage of [
      async () => changeByte(file, bytes.length - 60),
      async () => changeByte(file, 700),
      async () => rm(file),
    ]) {
      await chmod(file, 0o600);
      await damage();
      expect((await test.vault.prove({ again: true })).findings).not.toEqual([]);
      expect(await test.vault.prove()).toEqual({ packs: 0, chunks: 0, findings: [] });
      await writeFile(file, bytes);
      expect(await test.vault.prove()).toEqual({ packs: 0, chunks: 0, findings: [] });
      expect(await test.vault.prove({ again: true })).toEqual({ packs: 1, chunks: 4, findings: [] });
      expect(await kept()).toBe(0b1111);
      expect(await test.catalog.packs.totals()).toMatchObject({ proved: 1, poisoned: 0 });
      // Damaged again later: a proved pack is not read by a proof, so its row says that it was not.
      await test.catalog.packs.poison(
        (await test.catalog.packs.byName(file.slice(-64) as PackName))!.id,
        'x',
      );
    }
  });

  it('fails when its worker dies, and nothing is called bad; the next one proves', async () => {
    const dying = new URL('data:text/javascript,process.exit(3)');
    const test = await vaults.make({ proofWorkers: new ProofWorkers({ size: 2, script: dying }) });
    for (const each of ['1', '2', '3']) await addPack(test, [Buffer.from(each)]);
    const died = { code: 'INTERNAL', message: expect.stringContaining('proof worker died') };
    await expect(test.vault.prove()).rejects.toMatchObject(died);
    await expect(test.vault.prove()).rejects.toMatchObject(died);
    expect(await test.catalog.packs.totals()).toMatchObject({ proved: 0, poisoned: 0 });
    Object.assign(test.parts, { proofWorkers: new ProofWorkers({ size: 2 }) });
    await test.abandonAndReopen();
    expect(await test.vault.prove()).toEqual({ packs: 3, chunks: 3, findings: [] });
  });

  it('fails when the store cannot be reached, and goes on where it was', async () => {
    let reachable = false;
    const test = await vaults.make({
      wrapStore: (inner) =>
        withoutFiles(inner, async (...at) => {
          if (!reachable) throw new LifeboatError('VAULT_UNREACHABLE', 'no answer');
          return inner.read(...at);
        }),
    });
    await addPack(test);
    await expect(test.vault.prove()).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    reachable = true;
    expect(await test.vault.prove()).toMatchObject({ packs: 1, findings: [] });
  });

  it('that the end of the vault cuts short is cancelled', async () => {
    const reached = gate();
    const test = await vaults.make({
      wrapStore: (inner) =>
        withoutFiles(inner, async (...at) => reached.pass().then(() => inner.read(...at))),
    });
    await addPack(test);
    const proving = test.vault.prove();
    await reached.reached;
    const ended = expect(proving).rejects.toMatchObject({ code: 'CANCELLED' });
    await test.vault.close();
    await ended;
    reached.open();
    expect((await test.catalog.packs.totals()).proved).toBe(0);
  });
});
