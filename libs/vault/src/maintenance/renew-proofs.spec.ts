import { rename, rm, writeFile, readFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PackName } from '@lifeboat/kernel';
import { movableClock, type MovableClock } from '@lifeboat/testkit';
import { packBlob } from '../layout.ts';
import { TestSender, TestVaults, type TestVault } from '../testing/index.ts';
import { ProofGate } from './proof-gate.ts';
import { ProofWorkers } from './proof-workers.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

/** How long the test's clock says that reading a pack takes. */
const READ_MILLIS = 1000;

let clock: MovableClock;
let test: TestVault;
/** In the order in which their reading began. */
let read: PackName[];
beforeEach(async () => {
  clock = movableClock();
  read = [];
  test = await vaults.make({
    clock,
    proofGate: new ProofGate(clock, async () => undefined),
    proofWorkers: new ProofWorkers({ size: 1 }),
    wrapStore: (store) =>
      new Proxy(store, {
        get(target, key) {
          // Asked once for each pack that is read.
          if (key === 'fileOf') {
            return (blob: string) => {
              read.push(blob.slice(-64) as PackName);
              clock.advance(READ_MILLIS);
              return target.fileOf?.(blob);
            };
          }
          const value: unknown = Reflect.get(target, key);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
  });
});

/** Closes one more pack. Its name. */
async function addPack(text: string): Promise<PackName> {
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const ingest = await test.vault.ingest(test.cluster);
  await ingest.append(test.node, sender.keys, sender.seal([Buffer.from(text)]).frames);
  const known = new Set((await test.catalog.packs.listClosed(0n, 100)).map(({ name }) => name));
  await test.vault.closeOpenPacks(test.cluster);
  const closed = await test.catalog.packs.listClosed(0n, 100);
  return closed.find(({ name }) => !known.has(name))?.name as PackName;
}

/** Whatever is asked for next happens later. */
async function prove(): Promise<void> {
  await test.vault.prove();
  clock.advance(1);
}

function fileOf(pack: PackName): string {
  return join(test.parts.storeRoot, packBlob(pack));
}

async function provedAt(pack: PackName): Promise<Date | null | undefined> {
  return (await test.catalog.packs.byName(pack))?.provedAt;
}

describe('a renewal of proofs', () => {
  it('reads what has none first, then what was read longest ago', async () => {
    const [first, second] = [await addPack('1'), await addPack('2')];
    await prove();
    const third = await addPack('3');
    read.length = 0;
    expect(await test.vault.renewProofs({})).toMatchObject({ packs: 3 });
    expect(read).toEqual([third, first, second]);
    expect(await provedAt(third)).not.toBeNull();
  });

  it('ends at a pack when its time is over, and the next one goes on there', async () => {
    const packs = [await addPack('1'), await addPack('2'), await addPack('3'), await addPack('4')];
    await prove();
    read.length = 0;
    const box = { maxMillis: 1.5 * READ_MILLIS };
    const began = clock.now();
    expect(await test.vault.renewProofs(box)).toMatchObject({ packs: 2 });
    expect(read).toEqual(packs.slice(0, 2));
    expect(await test.catalog.packs.proofTotals(began)).toMatchObject({ left: { packs: 2 }, unproved: 0 });
    await test.abandonAndReopen();
    expect(await test.vault.renewProofs(box)).toMatchObject({ packs: 2 });
    expect(read).toEqual(packs);
  });

  it('reads one pack however little time it has, and none that was read since', async () => {
    await addPack('1');
    await prove();
    expect(await test.vault.renewProofs({ maxMillis: 0.001 })).toMatchObject({ packs: 1 });
    const before = new Date(clock.now().getTime() - READ_MILLIS);
    expect(await test.vault.renewProofs({ before })).toEqual({ packs: 0, bytes: 0 });
  });

  it('reads no pack that another one has read meanwhile', async () => {
    for (const text of ['1', '2', '3', '4', '5']) await addPack(text);
    const [one, other] = await Promise.all([test.vault.renewProofs({}), test.vault.renewProofs({})]);
    expect(one.packs + other.packs).toBeLessThanOrEqual(6);
    expect(new Set(read).size).toBe(5);
  });

  it('takes the proof from a pack that fails, poisons nothing, and gives it back once it is whole again', async () => {
    const pack = await addPack('1');
    await prove();
    await rename(fileOf(pack), join(test.parts.workDir, 'kept'));
    const { findings, data } = await test.vault.check({ readData: true });
    expect(findings).toEqual([expect.objectContaining({ kind: 'pack-missing', subject: pack })]);
    expect(data).toMatchObject({ packs: 1, unproved: 1, oldestProof: null });
    expect((await test.catalog.packs.totals()).poisoned).toBe(0);
    clock.advance(1);
    await rename(join(test.parts.workDir, 'kept'), fileOf(pack));
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
    expect(await provedAt(pack)).not.toBeNull();
  });

  it('leaves it to the next proof to say that a pack is lost for good', async () => {
    const pack = await addPack('1');
    await prove();
    await chmod(fileOf(pack), 0o600);
    await writeFile(fileOf(pack), Buffer.alloc((await readFile(fileOf(pack))).length));
    await test.vault.renewProofs({});
    expect((await test.vault.prove()).findings.length).toBeGreaterThan(0);
    expect((await test.catalog.packs.totals()).poisoned).toBe(1);
  });

  it('goes on behind a pack that is bad: it does not come first again', async () => {
    const [bad, good] = [await addPack('1'), await addPack('2')];
    await rm(fileOf(bad));
    read.length = 0;
    const box = { maxMillis: 0.5 * READ_MILLIS };
    await test.vault.renewProofs(box);
    await test.vault.renewProofs(box);
    expect(read).toEqual([bad, good]);
  });

  it('calls no pack bad while the vault itself is away', async () => {
    const pack = await addPack('1');
    await prove();
    const { storeRoot } = test.parts;
    await rename(storeRoot, `${storeRoot}.away`);
    await expect(test.vault.renewProofs({})).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
    await rename(`${storeRoot}.away`, storeRoot);
    expect(await provedAt(pack)).not.toBeNull();
  });
});
