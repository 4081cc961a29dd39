import { randomUUID } from 'node:crypto';
import { chmod, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocatedChunk } from '@lifeboat/catalog';
import { silentLog, type ClusterId } from '@lifeboat/kernel';
import { FRAME_HEADER_LENGTH, PACK_HEADER_LENGTH } from '@lifeboat/vault-format';
import { ClusterKeyChain } from '../cluster-key-chain.ts';
import { OpenPacks } from '../pack/open-packs.ts';
import type { Locate, ReadParts } from '../parts.ts';
import { seededBytes, TestSender, TestVaults, type TestVault } from '../testing/index.ts';
import { readChunk } from './read-manifest.ts';
import { readChunks } from './read-chunks.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const RAWS = [seededBytes('first', 1000), seededBytes('second', 1000)] as const;

interface Scene {
  readonly test: TestVault;
  readonly sender: TestSender;
  readonly ids: readonly [Buffer, Buffer];
}

/** A vault with two chunks in a pack that is still open. */
async function withChunks(): Promise<Scene> {
  const test = await vaults.make();
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const ingest = await test.vault.ingest(test.cluster);
  const ids = RAWS.map((raw) => sender.idOf(raw)) as [Buffer, Buffer];
  await ingest.append(test.node, sender.keys, sender.seal(RAWS).frames);
  return { test, sender, ids };
}

/** A reader in a process of its own, which remembers no key and looks where `locate` says. */
async function readerOf({ vault, parts }: TestVault, locate: Locate): Promise<ReadParts> {
  const keys = new ClusterKeyChain(parts.keyRing);
  const openPacks = await OpenPacks.open(parts.workDir);
  return {
    id: vault.id,
    store: parts.store,
    keyRing: parts.keyRing,
    keys,
    locate,
    openPacks,
    log: silentLog,
  };
}

/** Says `first`, then what the catalog says. */
function onceThen(first: readonly (LocatedChunk | undefined)[], test: TestVault): Locate {
  const answers = [[...first]];
  return async (cluster, ids) => answers.pop() ?? test.catalog.chunks.locate(cluster, ids);
}

const placesOf = async ({ test, ids }: Scene): Promise<LocatedChunk[]> =>
  (await test.catalog.chunks.locate(test.cluster, Buffer.concat(ids))) as LocatedChunk[];

async function packPath({ test }: Scene): Promise<string> {
  const packs = join(test.parts.storeRoot, 'packs');
  const name = (await readdir(packs, { recursive: true })).find((each) => each.length > 60);
  return join(packs, name as string);
}

async function overwrite(path: string, offset: number, bytes: Buffer): Promise<void> {
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

describe('a chunk in an open pack', () => {
  it('is read by who never held the pack: its keys lie in front of its frames', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    const reader = await readerOf(test, async () => (await placesOf(scene)).slice(0, 1));
    expect(await readChunk(reader, test.cluster, ids[0])).toEqual(RAWS[0]);
  });

  it('is found where it went when the pack was closed after the look', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    const before = await placesOf(scene);
    await test.vault.closeOpenPacks(test.cluster);
    const reader = await readerOf(test, onceThen(before, test));
    const read: Buffer[] = [];
    await readChunks(reader, test.cluster, Buffer.concat(ids), (index, raw) => void (read[index] = raw));
    expect(read).toEqual(RAWS);
  });

  it('is found by the noted name while the catalog does not know yet', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    const [before] = await placesOf(scene);
    await test.vault.closeOpenPacks(test.cluster);
    const [after] = await placesOf(scene);
    const reader = await readerOf(test, async () => [before]);
    await writeFile(reader.openPacks!.intentPath(before!.packFile as string), after!.packName as string);
    expect(await readChunk(reader, test.cluster, ids[0])).toEqual(RAWS[0]);
  });
});

describe('a chunk whose pack is gone', () => {
  it('is read from another pack that has it', async () => {
    const scene = await withChunks();
    const { test, sender, ids } = scene;
    await test.vault.closeOpenPacks(test.cluster);
    const before = await placesOf(scene);
    await test.catalog.packs.remove(before[0]!.pack);
    await rm(await packPath(scene));
    await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, sender.seal(RAWS).frames);
    const reader = await readerOf(test, onceThen(before, test));
    const read: Buffer[] = [];
    await readChunks(reader, test.cluster, Buffer.concat(ids), (index, raw) => void (read[index] = raw));
    expect(read).toEqual(RAWS);
  });

  it('is not looked for for ever', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    await test.vault.closeOpenPacks(test.cluster);
    const before = await placesOf(scene);
    await rm(await packPath(scene));
    let looks = 0;
    const reader = await readerOf(test, async () => ((looks += 1), before.slice(0, 1)));
    await expect(readChunk(reader, test.cluster, ids[0])).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    expect(looks).toBe(4);
  });

  it('is missing when no pack has it any more', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    const [before] = await placesOf(scene);
    await rm(join(test.parts.workDir, 'open-packs', before!.packFile as string));
    const answers = [[before], [undefined], [undefined]];
    const reader = await readerOf(test, async () => answers.shift() ?? []);
    await expect(readChunk(reader, test.cluster, ids[0])).rejects.toMatchObject({ code: 'CHUNK_MISSING' });
  });
});

describe('bytes that are not those of the chunk', () => {
  const damage = (message: string): object => ({
    code: 'FORMAT_DAMAGED',
    message: expect.stringContaining(message) as unknown,
  });

  it('are told when another frame lies there', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    const [, second] = await placesOf(scene);
    const reader = await readerOf(test, async () => [second]);
    await expect(readChunk(reader, test.cluster, ids[0])).rejects.toMatchObject(damage('another frame'));
  });

  it('are told when no frame lies there, or half of one', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    await test.vault.closeOpenPacks(test.cluster);
    const [first] = await placesOf(scene);
    const path = await packPath(scene);
    const half = { ...first!, length: (await readFile(path)).length };
    const reader = await readerOf(test, async () => [half]);
    await expect(readChunk(reader, test.cluster, ids[0])).rejects.toMatchObject(damage('ends before'));
    await overwrite(path, first!.offset, Buffer.alloc(8));
    await expect(test.vault.readChunk(test.cluster, ids[0])).rejects.toMatchObject(damage('frame header'));
  });

  it('are told when a sender named them falsely, and no set can be made of them', async () => {
    const test = await vaults.make();
    const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
    const claimed = sender.idOf(RAWS[0]);
    const ingest = await test.vault.ingest(test.cluster);
    await ingest.append(test.node, sender.keys, sender.lie(RAWS[0], RAWS[1]));
    await expect(test.vault.readChunk(test.cluster, claimed)).rejects.toMatchObject(
      damage('are not those of'),
    );
    await test.vault.closeOpenPacks(test.cluster);
    const { findings } = await test.vault.prove();
    expect(findings).toMatchObject([
      { kind: 'chunk-damaged', message: expect.stringContaining('are not those') },
    ]);
    expect([...(await ingest.have(test.node, claimed))]).toEqual([0]);
  });

  it('are told when the key frame before them is no frame any more', async () => {
    const scene = await withChunks();
    const { test, ids } = scene;
    await test.vault.closeOpenPacks(test.cluster);
    const places = await placesOf(scene);
    await overwrite(await packPath(scene), PACK_HEADER_LENGTH, Buffer.alloc(FRAME_HEADER_LENGTH));
    const reader = await readerOf(test, async () => places.slice(0, 1));
    await expect(readChunk(reader, test.cluster, ids[0])).rejects.toMatchObject(
      damage('does not carry session key'),
    );
  });
});

describe('reading', () => {
  it('several chunks reads them where they lie, pack by pack', async () => {
    const { test, sender, ids } = await withChunks();
    await test.vault.closeOpenPacks(test.cluster);
    const later = sender.seal([Buffer.from('later')]);
    await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, later.frames);
    const order: number[] = [];
    const asked = Buffer.concat([later.ids, ids[1], ids[0]]);
    await test.vault.readChunks(test.cluster, asked, (index) => void order.push(index));
    expect(order).toEqual([2, 1, 0]);
  });

  it('no chunk gives none', async () => {
    const { test } = await withChunks();
    await test.vault.readChunks(test.cluster, Buffer.alloc(0), () => expect('no chunk').toBe('read'));
  });

  it('a chunk of a cluster that nobody knows says that it is not there', async () => {
    const { test, ids } = await withChunks();
    const stranger = randomUUID() as string as ClusterId;
    await expect(test.vault.readChunk(stranger, ids[0])).rejects.toMatchObject({ code: 'CHUNK_MISSING' });
  });
});
