import { chmod, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocatedChunk } from '@lifeboat/catalog';
import type { PackName } from '@lifeboat/kernel';
import pg from 'pg';
import { packBlob } from '../../layout.ts';
import {
  failing,
  seededBytes,
  storeWith,
  TestSender,
  TestSets,
  TestVaults,
  type TestVault,
} from '../../testing/index.ts';
import type { PruneReport } from './prune-report.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

/** Files of 20 kB each, told apart by their names. */
const files = (...names: string[]): Record<string, Buffer> =>
  Object.fromEntries(names.map((name) => [name, seededBytes(name, 20_000)]));

/** Rewrites every pack that holds a dead byte. */
const prune = async (test: TestVault, dryRun = false): Promise<PruneReport> =>
  test.vault.prune({
    dryRun,
    graceMillis: 0,
    allowLarge: true,
    deadShare: Number.MIN_VALUE,
    signal: new AbortController().signal,
  });

async function placeOf(test: TestVault, id: Buffer): Promise<LocatedChunk> {
  const [place] = await test.catalog.chunks.locate(test.cluster, id);
  return place!;
}

async function idOf(test: TestVault, name: string): Promise<Buffer> {
  return (await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing)).idOf(files(name)[name]!);
}

/** Changes a byte of the chunk where it lies. */
async function damage(test: TestVault, { packName, offset, length }: LocatedChunk): Promise<void> {
  const path = join(test.parts.storeRoot, packBlob(packName as PackName));
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  await file.write(Buffer.of(0xff, 0, 0xff), 0, 3, offset + length - 10);
  await file.close();
}

async function bases(test: TestVault): Promise<string[]> {
  const client = new pg.Client({ connectionString: test.parts.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ root: Buffer }>('select root from bases');
    return rows.map(({ root }) => root.toString('hex'));
  } finally {
    await client.end();
  }
}

describe('a prune of a damaged vault', () => {
  it('does not throw away a pack in which something needed cannot be read', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    const first = await sets.take(files('dead', 'needed'));
    await sets.take(files('needed'));
    await sets.take(files('needed'));
    await sets.delete(first);
    const place = await placeOf(test, await idOf(test, 'needed'));
    await damage(test, place);
    expect((await test.vault.prove()).findings.length).toBeGreaterThan(0);
    for (let run = 0; run < 3; run += 1)
      expect(await prune(test)).toMatchObject({ packs: { repacked: 0 }, bytes: { copied: 0 } });
    expect(await test.parts.store.size(packBlob(place.packName as PackName))).toBeDefined();
  });

  it('deletes no pack that no row tells of while a set lacks chunks: they may lie there', async () => {
    const test = await vaults.make();
    const sets = await TestSets.of(test);
    await sets.take(files('lost'));
    await sets.take(files('lost', 'kept'));
    const place = await placeOf(test, await idOf(test, 'lost'));
    await sets.delete(sets.kept[0]!);
    // Its rows are gone, its blob is there: as after a restore of an old catalog.
    await test.catalog.packs.remove(place.pack);
    for (let run = 0; run < 3; run += 1)
      expect(await prune(test)).toMatchObject({ chunks: { missing: 1 }, orphans: { removed: 0 } });
    await test.vault.reindex();
    await sets.assertWhole();
  });

  it('drops a base that cannot be read, and nothing else for it', async () => {
    let reachable = true;
    const test = await vaults.make({
      wrapStore: (inner) =>
        storeWith(inner, {
          read: async (...at) => (reachable ? inner.read(...at) : Promise.reject(new Error('no answer'))),
        }),
    });
    const sets = await TestSets.of(test);
    for (const name of ['first', 'second']) {
      const set = await sets.begin();
      await sets.capture(set, files(name));
      await test.vault.closeOpenPacks(test.cluster);
      await sets.fail(set);
    }
    const before = await bases(test);
    const [base, other] = before;
    reachable = false;
    await expect(prune(test, true)).rejects.toThrow('no answer');
    reachable = true;
    expect(await bases(test)).toEqual(before);
    await damage(test, await placeOf(test, Buffer.from(base!, 'hex')));
    await prune(test);
    expect(await bases(test)).toEqual([other]);
  });
});

describe('a pack that is being closed', () => {
  it('is no orphan: between its blob and its row its name is noted', async () => {
    const faults = failing();
    const test = await vaults.make({ wrapStore: faults.wrapStore });
    const sets = await TestSets.of(test);
    await sets.take(files('a'));
    const set = await sets.begin();
    await sets.capture(set, files('a', 'b'));
    faults.breakMethod(test.catalog.packs, 'close', 'before');
    await expect(test.vault.closeOpenPacks(test.cluster)).rejects.toThrow('killed');
    faults.mend();
    for (let run = 0; run < 3; run += 1)
      expect((await prune(test)).orphans).toEqual({ found: 0, removed: 0 });
    await test.vault.ingest(test.cluster);
    await sets.seal(set);
    await sets.assertWhole();
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  });
});
