import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LifeboatError } from '@lifeboat/kernel';
import { failing, seededBytes, storeWith, TestSender, TestVaults, type TestVault } from '../testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const senderOf = async (test: TestVault): Promise<TestSender> =>
  TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);

const openPacksOf = (test: TestVault): string => join(test.parts.workDir, 'open-packs');

/** Appends one chunk; its id. */
async function append(test: TestVault, sender: TestSender, raw: Buffer): Promise<Buffer> {
  const { ids, frames } = sender.seal([raw]);
  await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, frames);
  return ids;
}

async function expectSound(test: TestVault, kept: readonly [id: Buffer, raw: Buffer][]): Promise<void> {
  // Not toEqual: it looks at megabytes one by one.
  for (const [id, raw] of kept) expect(raw.equals(await test.vault.readChunk(test.cluster, id))).toBe(true);
  await test.vault.closeOpenPacks(test.cluster);
  expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  expect(await readdir(openPacksOf(test))).toEqual([]);
}

const [ONE, TWO] = [seededBytes(1, 1000), seededBytes(2, 1000)];

describe('an ingest whose catalog fails', () => {
  it('refuses everything from then on; the next one goes on with all that was acknowledged', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const faults = failing();
    const kept = await append(test, sender, ONE);
    const failed = await test.vault.ingest(test.cluster);
    faults.breakMethod(test.catalog.chunks, 'insert', 'before');
    const died = { code: 'INTERNAL', message: 'killed' };
    await expect(append(test, sender, TWO)).rejects.toMatchObject(died);
    faults.mend();
    await expect(failed.append(test.node, sender.keys, sender.seal([TWO]).frames)).rejects.toMatchObject(
      died,
    );
    const [next, same] = await Promise.all([
      test.vault.ingest(test.cluster),
      test.vault.ingest(test.cluster),
    ]);
    expect([next === failed, next === same]).toEqual([false, true]);
    await expectSound(test, [
      [kept, ONE],
      [await append(test, sender, TWO), TWO],
    ]);
  });

  it('does not close the pack that the catalog lacks rows of', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const faults = failing();
    const kept = await append(test, sender, ONE);
    const ingest = await test.vault.ingest(test.cluster);
    faults.breakMethod(test.catalog.chunks, 'insert', 'before');
    const appended = ingest
      .append(test.node, sender.keys, sender.seal([TWO]).frames)
      .catch((thrown: unknown) => thrown);
    await expect(test.vault.closeOpenPacks(test.cluster)).rejects.toThrow('killed');
    expect(await appended).toMatchObject({ message: 'killed' });
    faults.mend();
    expect((await test.catalog.packs.totals()).closed).toBe(0);
    await test.vault.ingest(test.cluster);
    await expectSound(test, [[kept, ONE]]);
  });
});

describe('a vault that is closed while bytes arrive', () => {
  it('acknowledges what it kept, and cancels the rest', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const raws = Array.from({ length: 12 }, (_, index) => seededBytes(index, 3_000_000));
    const ingest = await test.vault.ingest(test.cluster);
    const sealed = raws.map((raw) => sender.seal([raw]));
    const appended = Promise.allSettled(
      sealed.map(async ({ frames }) => ingest.append(test.node, sender.keys, frames)),
    );
    await test.vault.close();
    const outcomes = await appended;
    const kept = sealed.flatMap(({ ids }, at): [Buffer, Buffer][] =>
      outcomes[at]?.status === 'fulfilled' ? [[ids, raws[at]!]] : [],
    );
    const cancelled = outcomes.filter((each) => each.status === 'rejected');
    for (const { reason } of cancelled) expect(reason).toMatchObject({ code: 'CANCELLED' });
    expect(cancelled.length).toBeGreaterThan(0);
    await test.abandonAndReopen();
    await test.vault.ingest(test.cluster);
    await expectSound(test, kept);
  });
});

describe('open packs on the disk', () => {
  it('of which there are two are both kept: one goes on, the other is closed', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const id = await append(test, sender, ONE);
    const directory = openPacksOf(test);
    const [file] = await readdir(directory);
    await test.vault.close();
    await cp(join(directory, file!), join(directory, `${test.cluster}.another.open`));
    await test.abandonAndReopen();
    await test.vault.closeOpenPacks(test.cluster);
    expect((await test.catalog.packs.totals()).closed).toBe(2);
    await expectSound(test, [[id, ONE]]);
  });

  it('are told from what else lies there', async () => {
    const test = await vaults.make();
    const directory = openPacksOf(test);
    for (const name of ['notes.txt', 'x.open', `${test.cluster}.txt`])
      await writeFile(join(directory, name), '?');
    await test.abandonAndReopen();
    const sender = await senderOf(test);
    const id = await append(test, sender, ONE);
    await test.vault.closeOpenPacks(test.cluster);
    expect(await test.vault.readChunk(test.cluster, id)).toEqual(ONE);
    expect((await readdir(directory)).sort()).toEqual([`${test.cluster}.txt`, 'notes.txt', 'x.open'].sort());
  });

  it('that cannot be read keep the cluster from writing, until they can', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const id = await append(test, sender, ONE);
    const unreadable = join(openPacksOf(test), `${test.cluster}.~.open`);
    await mkdir(unreadable);
    await expect(test.abandonAndReopen()).rejects.toMatchObject({ code: 'EISDIR' });
    await test.catalog.close();
    await rm(unreadable, { recursive: true });
    await test.open();
    await expectSound(test, [[id, ONE]]);
  });

  it('that cannot be read when its first bytes arrive are tried again with the next', async () => {
    const test = await vaults.make();
    const unreadable = join(openPacksOf(test), `${test.cluster}.~.open`);
    await mkdir(unreadable);
    await expect(test.vault.ingest(test.cluster)).rejects.toMatchObject({ code: 'EISDIR' });
    await rm(unreadable, { recursive: true });
    await expectSound(test, [[await append(test, await senderOf(test), ONE), ONE]]);
  });

  it('that cannot be read do not keep a vault from closing', async () => {
    const test = await vaults.make();
    await mkdir(join(openPacksOf(test), `${test.cluster}.~.open`));
    const asked = test.vault.ingest(test.cluster).catch((thrown: unknown) => thrown);
    await test.vault.close();
    expect(await asked).toMatchObject({ code: 'EISDIR' });
  });

  it('whose noted name cannot be read are not taken for ones without a name', async () => {
    const test = await vaults.make();
    await append(test, await senderOf(test), ONE);
    const [file] = await readdir(openPacksOf(test));
    const note = join(openPacksOf(test), `${file!}.name`);
    await mkdir(note);
    await expect(test.abandonAndReopen()).rejects.toMatchObject({ code: 'EISDIR' });
    await test.catalog.close();
    await rm(note, { recursive: true });
    await test.open();
  });
});

describe('a pack that the store has already', () => {
  it('is the one that is being closed: its name is the digest of its bytes', async () => {
    const test = await vaults.make({
      wrapStore: (inner) =>
        storeWith(inner, {
          // An answer was lost, and the store's own second try met the first.
          put: async (name, source) => {
            await inner.put(name, source);
            if (name.startsWith('packs/')) throw new LifeboatError('BLOB_EXISTS', name);
          },
        }),
    });
    const id = await append(test, await senderOf(test), ONE);
    await expectSound(test, [[id, ONE]]);
  });
});
