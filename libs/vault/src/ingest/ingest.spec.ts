import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClusterId, NodeId } from '@lifeboat/kernel';
import { failing, seededBytes, TestSender, TestVaults, type TestVault } from '../testing/index.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const senderOf = async (test: TestVault): Promise<TestSender> =>
  TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);

async function packFiles(test: TestVault): Promise<{ name: string; bytes: Buffer }[]> {
  const root = join(test.parts.storeRoot, 'packs');
  const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((each) =>
    each.isFile(),
  );
  return Promise.all(
    names.map(async (each) => ({ name: each.name, bytes: await readFile(join(each.parentPath, each.name)) })),
  );
}

describe('what was appended', () => {
  it('can be read back at once, and after the pack was closed', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const raws = [seededBytes('a', 300_000), Buffer.from('text '.repeat(10_000)), Buffer.alloc(0)];
    const { ids, frames } = sender.seal(raws);
    await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, frames);
    const read = async (): Promise<Buffer[]> => {
      const found: Buffer[] = [];
      await test.vault.readChunks(test.cluster, ids, (index, raw) => void (found[index] = raw));
      return found;
    };
    expect(await read()).toEqual(raws);
    await test.vault.closeOpenPacks(test.cluster);
    expect(await readdir(join(test.parts.workDir, 'open-packs'))).toEqual([]);
    expect(await read()).toEqual(raws);
    await test.abandonAndReopen();
    expect(await read()).toEqual(raws);
  });

  it('lies in packs named by the SHA-256 of their bytes, a new one at 32 MiB', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const ingest = await test.vault.ingest(test.cluster);
    const messages = Array.from(
      { length: 13 },
      (_, index) => sender.seal([seededBytes(index, 4_000_000)]).frames,
    );
    await Promise.all(messages.map(async (frames) => ingest.append(test.node, sender.keys, frames)));
    await test.vault.closeOpenPacks(test.cluster);
    const packs = await packFiles(test);
    expect(packs.length).toBe(2);
    for (const { name, bytes } of packs) expect(createHash('sha256').update(bytes).digest('hex')).toBe(name);
    expect(await test.vault.check({ readData: true })).toMatchObject({
      packs: 2,
      chunks: 13,
      sets: 0,
      findings: [],
    });
  });

  it('carries in every pack the keys it needs', async () => {
    const test = await vaults.make();
    const [first, second] = [await senderOf(test), await senderOf(test)];
    const ingest = await test.vault.ingest(test.cluster);
    const ids: Buffer[] = [];
    for (const round of [1, 2]) {
      for (const [index, sender] of [first, second].entries()) {
        const sealed = sender.seal([seededBytes(`${round}/${index}`, 1000)]);
        ids.push(sealed.ids);
        await ingest.append(test.node, [first.wrapped, second.wrapped], sealed.frames);
      }
      await test.vault.closeOpenPacks(test.cluster);
    }
    // A new process has no session key in memory.
    await test.abandonAndReopen();
    for (const id of ids.toReversed())
      expect((await test.vault.readChunk(test.cluster, id)).length).toBe(1000);
  });

  it('may hold the same chunk twice, from one sender and from two at once', async () => {
    const test = await vaults.make();
    const [first, second] = [await senderOf(test), await senderOf(test)];
    const ingest = await test.vault.ingest(test.cluster);
    const raw = Buffer.from('the same bytes');
    const other = randomUUID() as string as NodeId;
    await Promise.all([
      ingest.append(test.node, first.keys, first.seal([raw, raw]).frames),
      ingest.append(other, second.keys, second.seal([raw]).frames),
      ingest.append(test.node, first.keys, first.seal([raw]).frames),
    ]);
    expect(await test.vault.readChunk(test.cluster, first.idOf(raw))).toEqual(raw);
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
  });

  it('counts as "have" for its sender only, until it is proved', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const ingest = await test.vault.ingest(test.cluster);
    const { ids, frames } = sender.seal([Buffer.from('mine')]);
    await ingest.append(test.node, sender.keys, frames);
    const other = randomUUID() as string as NodeId;
    expect([...(await ingest.have(test.node, ids))]).toEqual([1]);
    expect([...(await ingest.have(other, ids))]).toEqual([0]);
    await test.vault.closeOpenPacks(test.cluster);
    expect(await test.vault.prove()).toEqual({ packs: 1, chunks: 1, findings: [] });
    expect([...(await ingest.have(other, ids))]).toEqual([1]);
  });

  it('takes tens of thousands of small frames in few commits', async () => {
    const test = await vaults.make();
    const sender = await senderOf(test);
    const ingest = await test.vault.ingest(test.cluster);
    const raws = Array.from({ length: 20_000 }, (_, index) => Buffer.from(`small file ${index}`));
    const { ids, frames } = sender.seal(raws);
    await ingest.append(test.node, sender.keys, frames);
    expect(await test.vault.readChunk(test.cluster, ids.subarray(-33))).toEqual(raws.at(-1));
  });
});

describe('what must not get in', () => {
  let test: TestVault;
  let sender: TestSender;
  beforeAll(async () => {
    test = await vaults.make();
    sender = await senderOf(test);
  });
  const append = async (keys: readonly Buffer[], frames: Buffer): Promise<void> =>
    (await test.vault.ingest(test.cluster)).append(test.node, keys, frames);
  const breach = { code: 'PROTOCOL_BREACH' };

  it('frames of another cluster', async () => {
    const foreign = await TestSender.connect(
      test.vault.id,
      randomUUID() as string as ClusterId,
      test.parts.keyRing,
    );
    await expect(append(foreign.keys, foreign.seal([Buffer.from('x')]).frames)).rejects.toMatchObject(breach);
  });

  it('frames of another vault', async () => {
    const foreign = await TestSender.connect(randomUUID(), test.cluster, test.parts.keyRing);
    await expect(append(foreign.keys, foreign.seal([Buffer.from('x')]).frames)).rejects.toMatchObject(breach);
  });

  it('frames sealed with a key that was not announced', async () => {
    const other = await senderOf(test);
    await expect(append(sender.keys, other.seal([Buffer.from('x')]).frames)).rejects.toMatchObject(breach);
  });

  it('frames cut short, changed in their header, or nothing at all', async () => {
    const { frames } = sender.seal([Buffer.from('some bytes')]);
    const flipped = Buffer.from(frames);
    flipped[70] = (flipped[70] as number) ^ 1;
    for (const bad of [
      frames.subarray(0, -1),
      frames.subarray(1),
      frames.subarray(0, 50),
      flipped,
      Buffer.alloc(0),
    ]) {
      await expect(append(sender.keys, bad)).rejects.toMatchObject(breach);
    }
  });

  it('and yet what is right goes in afterwards', async () => {
    const { ids, frames } = sender.seal([Buffer.from('good')]);
    await append(sender.keys, frames);
    expect((await test.vault.readChunk(test.cluster, ids)).toString()).toBe('good');
  });
});

it('an ingest that failed is replaced when packs are to be closed: what made it fail may be over', async () => {
  const faults = failing();
  const test = await vaults.make({ wrapStore: faults.wrapStore });
  const sender = await senderOf(test);
  const { ids, frames } = sender.seal([seededBytes('acknowledged', 1000)]);
  await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, frames);
  faults.breakStore('put', 'before');
  for (let attempt = 0; attempt < 2; attempt += 1)
    await expect(test.vault.closeOpenPacks(test.cluster)).rejects.toThrow('killed');
  faults.mend();
  await test.vault.closeOpenPacks(test.cluster);
  expect(await test.catalog.packs.totals()).toMatchObject({ open: 0, closed: 1 });
  expect(await test.vault.readChunk(test.cluster, ids)).toEqual(seededBytes('acknowledged', 1000));
});
