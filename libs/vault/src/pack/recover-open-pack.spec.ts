import { createHash } from 'node:crypto';
import { appendFile, link, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BlobSource, BlobStore } from '@lifeboat/blob-store';
import { encodeKeyFrame, FrameSealer, keyIdOf } from '@lifeboat/vault-format';
import { frameContext } from './open-packs.ts';
import { seededBytes, storeWith, TestSender, TestVaults, type TestVault } from '../testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

/** Appends 1000-byte chunks and says what was acknowledged. */
async function acknowledged(
  test: TestVault,
  seeds: readonly string[],
): Promise<{ sender: TestSender; ids: Buffer[] }> {
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const ingest = await test.vault.ingest(test.cluster);
  const ids: Buffer[] = [];
  for (const seed of seeds) {
    const sealed = sender.seal([seededBytes(seed, 1000)]);
    await ingest.append(test.node, sender.keys, sealed.frames);
    ids.push(sealed.ids);
  }
  return { sender, ids };
}

async function openFile(test: TestVault): Promise<string> {
  const directory = join(test.parts.workDir, 'open-packs');
  return join(directory, (await readdir(directory)).find((name) => name.endsWith('.open')) as string);
}

async function expectReadable(
  test: TestVault,
  seeds: readonly string[],
  ids: readonly Buffer[],
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    expect(await test.vault.readChunk(test.cluster, id)).toEqual(seededBytes(seeds[index] as string, 1000));
  }
}

async function expectSound(test: TestVault): Promise<void> {
  await test.vault.closeOpenPacks(test.cluster);
  expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  for (const each of await readdir(join(test.parts.storeRoot, 'packs'), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!each.isFile()) continue;
    const bytes = await readFile(join(each.parentPath, each.name));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(each.name);
  }
}

describe('after a kill', () => {
  it('everything acknowledged is there, and the same pack goes on', async () => {
    const test = await vaults.make();
    const before = await acknowledged(test, ['1', '2']);
    await test.abandonAndReopen();
    const after = await acknowledged(test, ['3']);
    await expectReadable(test, ['1', '2', '3'], [...before.ids, ...after.ids]);
    await expectSound(test);
    expect((await test.catalog.packs.totals()).closed).toBe(1);
  });

  it('a tail torn within a frame is cut off, at whatever byte', async () => {
    const test = await vaults.make();
    const { sender, ids } = await acknowledged(test, ['1', '2']);
    const file = await openFile(test);
    const { size } = await stat(file);
    const { frames } = sender.seal([seededBytes('torn', 1000)]);
    for (const length of [1, 7, 50, 119, 120, 121, frames.length - 1]) {
      await appendFile(file, frames.subarray(0, length));
      await test.abandonAndReopen();
      expect((await stat(file)).size).toBe(size);
    }
    await expectReadable(test, ['1', '2'], ids);
    await acknowledged(test, ['3']);
    await expectSound(test);
  });

  it('a last frame whose body never reached the disk is not taken for one', async () => {
    const test = await vaults.make();
    const { sender, ids } = await acknowledged(test, ['1']);
    const file = await openFile(test);
    const { frames } = sender.seal([seededBytes('unsynced', 1000)]);
    await appendFile(file, Buffer.concat([frames.subarray(0, 120), Buffer.alloc(frames.length - 120)]));
    await test.abandonAndReopen();
    await expectReadable(test, ['1'], ids);
    await expectSound(test);
  });

  it('whole frames that no row tells of are kept, once they prove readable', async () => {
    const test = await vaults.make();
    const { sender } = await acknowledged(test, ['1']);
    const { ids, frames } = sender.seal([seededBytes('synced', 1000)]);
    await appendFile(await openFile(test), frames);
    await test.abandonAndReopen();
    await expectReadable(test, ['synced'], [ids]);
    const ingest = await test.vault.ingest(test.cluster);
    expect([...(await ingest.have(test.node, ids))]).toEqual([0]);
    await expectSound(test);
  });

  it('frames whose key cannot be unwrapped are cut off: nobody was told of them', async () => {
    const test = await vaults.make();
    const { ids } = await acknowledged(test, ['1']);
    const file = await openFile(test);
    const { size } = await stat(file);
    const wrapped = Buffer.alloc(80, 1);
    const context = frameContext(test.vault.id, test.cluster);
    const sealer = new FrameSealer(context, keyIdOf(wrapped), Buffer.alloc(32, 2));
    const frame = sealer.seal('data', ids[0] as Buffer, seededBytes('1', 1000));
    await appendFile(file, Buffer.concat([encodeKeyFrame(context, wrapped), frame]));
    await test.abandonAndReopen();
    const { ids: after } = await acknowledged(test, ['2']);
    await expectReadable(test, ['1', '2'], [...ids, ...after]);
    expect((await stat(file)).size).toBeGreaterThan(size);
    await expectSound(test);
  });

  it('while a pack had just been begun, nothing is in the way', async () => {
    const test = await vaults.make();
    await acknowledged(test, ['1']);
    const file = await openFile(test);
    await test.catalog.packs.remove((await test.catalog.packs.openOnes())[0]?.id as bigint);
    await truncate(file, 10);
    await test.abandonAndReopen();
    const { ids } = await acknowledged(test, ['2']);
    await expectReadable(test, ['2'], ids);
    await expectSound(test);
  });

  it('what no one was told of is not kept behind a hole', async () => {
    const test = await vaults.make();
    const { sender, ids } = await acknowledged(test, ['1']);
    const file = await openFile(test);
    const { size } = await stat(file);
    const [lost, kept] = ['2', '3'].map((seed) => sender.seal([seededBytes(seed, 1000)]).frames);
    await appendFile(file, Buffer.concat([Buffer.alloc((lost as Buffer).length), kept as Buffer]));
    await test.abandonAndReopen();
    expect((await stat(file)).size).toBe(size);
    await expectReadable(test, ['1'], ids);
    await expectSound(test);
  });

  it('a header that did not reach the disk with the frames is written again', async () => {
    const test = await vaults.make();
    const { ids } = await acknowledged(test, ['1']);
    const file = await open(await openFile(test), 'r+');
    await file.write(Buffer.alloc(52), 0, 52, 0);
    await file.close();
    await test.abandonAndReopen();
    await expectReadable(test, ['1'], ids);
    await expectSound(test);
  });

  it('chunks of an open pack whose file is gone are asked for again', async () => {
    const test = await vaults.make();
    const { ids } = await acknowledged(test, ['1']);
    await rm(await openFile(test));
    await test.abandonAndReopen();
    const ingest = await test.vault.ingest(test.cluster);
    expect([...(await ingest.have(test.node, ids[0] as Buffer))]).toEqual([0]);
  });
});

describe('a kill while a pack is being closed', () => {
  type Trouble = (inner: BlobStore, name: string, source: BlobSource) => Promise<void>;

  /** A vault whose store gets into `trouble` when the next pack is put. */
  async function withTrouble(
    trouble: Trouble,
    reopen: { url?: string } = {},
  ): Promise<{ test: TestVault; ids: Buffer[] }> {
    let armed = true;
    const test = await vaults.make({
      wrapStore: (inner) =>
        storeWith(inner, {
          put: async (name, source) => {
            if (!armed || !name.startsWith('packs/')) return inner.put(name, source);
            armed = false;
            return trouble(inner, name, source);
          },
        }),
    });
    const { ids } = await acknowledged(test, ['1', '2']);
    await expect(test.vault.closeOpenPacks(test.cluster)).rejects.toThrow('killed');
    await test.abandonAndReopen(reopen);
    return { test, ids };
  }

  it('before it is in the store: the table is cut off and the pack goes on', async () => {
    const { test, ids } = await withTrouble(async () => Promise.reject(new Error('killed')));
    expect((await test.catalog.packs.openOnes()).length).toBe(1);
    await expectReadable(test, ['1', '2'], ids);
    await expectSound(test);
  });

  it('after it is in the store, before the catalog knows: the catalog is told', async () => {
    const { test, ids } = await withTrouble(async (inner, name, source) => {
      await inner.put(name, source);
      throw new Error('killed');
    });
    expect((await test.catalog.packs.openOnes()).length).toBe(0);
    expect(await readdir(join(test.parts.workDir, 'open-packs'))).toEqual([]);
    await expectReadable(test, ['1', '2'], ids);
    await expectSound(test);
  });

  it('after it is in the store, and the catalog is lost: a reindex finds it once', async () => {
    const { test, ids } = await withTrouble(
      async (inner, name, source) => {
        await inner.put(name, source);
        throw new Error('killed');
      },
      { url: await vaults.database() },
    );
    expect(await test.vault.reindex()).toMatchObject({ packs: 1, chunks: 2 });
    expect(await readdir(join(test.parts.workDir, 'open-packs'))).toEqual([]);
    await expectReadable(test, ['1', '2'], ids);
    await expectSound(test);
  });

  it('between link and unlink: the stored pack is not cut with the open file', async () => {
    const { test, ids } = await withTrouble(async (inner, name, source) => {
      await inner.put(`${name}.placeholder`, Buffer.alloc(0));
      await inner.delete(`${name}.placeholder`);
      await link((source as { file: string }).file, join(rootOf(inner), name));
      throw new Error('killed');
    });
    expect((await test.catalog.packs.openOnes()).length).toBe(0);
    await expectReadable(test, ['1', '2'], ids);
    await expectSound(test);
  });
});

function rootOf(store: BlobStore): string {
  return (store as unknown as { root: string }).root;
}
