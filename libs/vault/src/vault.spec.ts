import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeyRing } from '@lifeboat/identity';
import { silentLog } from '@lifeboat/kernel';
import { OfflineVault } from './offline/index.ts';
import {
  captureTestTree,
  fileEntry,
  seededBytes,
  setDocument,
  TestSender,
  TestVaults,
  type TestVault,
} from './testing/index.ts';
import { Vault } from './vault.ts';

let vaults: TestVaults;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());

const senderOf = async (test: TestVault): Promise<TestSender> =>
  TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);

const FILES = {
  'a.txt': Buffer.from('first file'),
  'b/c.bin': seededBytes('c', 200_000),
  'd.txt': Buffer.from('last'),
};

/** A vault with one closed pack holding one tree. */
async function withTree(): Promise<{ test: TestVault; sender: TestSender; root: Buffer; pack: string }> {
  const test = await vaults.make();
  const sender = await senderOf(test);
  const root = await captureTestTree(test, sender, FILES);
  await test.vault.closeOpenPacks(test.cluster);
  const [name] = (await readdir(join(test.parts.storeRoot, 'packs'), { recursive: true })).filter(
    (each) => each.length > 60,
  );
  return { test, sender, root, pack: join(test.parts.storeRoot, 'packs', name as string) };
}

async function changeByte(path: string, offset: number): Promise<void> {
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] as number) ^ 0x40;
  await file.write(byte, 0, 1, offset);
  await file.close();
}

describe('a manifest', () => {
  it('streams its entries and the bytes of its files, holes included', async () => {
    const { test, root } = await withTree();
    const read: Record<string, Buffer> = {};
    for await (const entry of test.vault.manifest(test.cluster, root)) {
      read[entry.path.toString()] = Buffer.concat(await test.vault.readFile(test.cluster, entry).toArray());
    }
    expect(read).toEqual(FILES);
    const sender = await senderOf(test);
    const sparse = { ...fileEntry('sparse', 0, Buffer.alloc(0)), size: 3_000_010 };
    sparse.content = [{ hole: 3_000_000 }, { chunk: sender.idOf(FILES['a.txt']), length: 10 }];
    const bytes = Buffer.concat(await test.vault.readFile(test.cluster, sparse).toArray());
    expect(bytes.subarray(0, 3_000_000).every((byte) => byte === 0)).toBe(true);
    expect(bytes.subarray(3_000_000)).toEqual(FILES['a.txt']);
  });

  it('is closed when all its chunks are there, and the file that lacks bytes is named when not', async () => {
    const { test, sender, root } = await withTree();
    const closure = { chunks: 3, bytes: 200_014 };
    expect(await test.vault.assertClosure(test.cluster, [root])).toEqual(closure);
    expect(await test.vault.assertClosure(test.cluster, [root])).toEqual(closure);
    const files = { ...FILES, 'b/lost.bin': seededBytes('lost', 5000) };
    const broken = await captureTestTree(test, sender, files, { leaveOut: 'b/lost.bin' });
    await expect(test.vault.assertClosure(test.cluster, [root, broken])).rejects.toMatchObject({
      code: 'CLOSURE_BROKEN',
      message: expect.stringContaining('b/lost.bin'),
    });
    await expect(
      test.vault.assertClosure(test.cluster, [sender.idOf(Buffer.from('no root'), 'root')]),
    ).rejects.toMatchObject({
      code: 'CLOSURE_BROKEN',
    });
  });
});

describe('damage', () => {
  it('of one byte in a frame is named with pack and offset, and only that chunk is asked for again', async () => {
    const { test, sender, root, pack } = await withTree();
    const ids = [FILES['a.txt'], FILES['b/c.bin']].map((raw) => sender.idOf(raw));
    const [place] = await test.catalog.chunks.locate(test.cluster, ids[1] as Buffer);
    await changeByte(pack, (place?.offset as number) + 1000);
    const damaged = { code: 'FORMAT_DAMAGED', message: expect.stringContaining(`at byte ${place?.offset}`) };
    await expect(test.vault.readChunk(test.cluster, ids[1] as Buffer)).rejects.toMatchObject(damaged);
    expect((await test.vault.check({ readData: false })).findings).toEqual([]);
    const { findings } = await test.vault.check({ readData: true });
    expect(findings.map((each) => each.kind)).toEqual(['pack-damaged', 'chunk-damaged']);
    expect(findings[1]?.message).toContain(`at byte ${place?.offset}`);

    expect((await test.vault.prove()).findings.length).toBe(2);
    const ingest = await test.vault.ingest(test.cluster);
    expect([...(await ingest.have(test.node, Buffer.concat(ids)))]).toEqual([0b01]);
    await expect(test.vault.assertClosure(test.cluster, [root])).rejects.toMatchObject({
      code: 'CLOSURE_BROKEN',
    });

    await ingest.append(test.node, sender.keys, sender.seal([FILES['b/c.bin']]).frames);
    expect(await test.vault.readChunk(test.cluster, ids[1] as Buffer)).toEqual(FILES['b/c.bin']);
    await test.vault.assertClosure(test.cluster, [root]);
  });

  it('of a truncated pack is found without reading its data; what lies before the cut can still be read', async () => {
    const { test, sender, pack } = await withTree();
    const [first, , last] = Object.values(FILES).map((raw) => sender.idOf(raw));
    const [place] = await test.catalog.chunks.locate(test.cluster, last as Buffer);
    await truncate(pack, (place?.offset as number) + 3);
    const kinds = (await test.vault.check({ readData: false })).findings.map((each) => each.kind);
    expect(kinds).toContain('pack-damaged');
    await test.abandonAndReopen();
    expect(await test.vault.readChunk(test.cluster, first as Buffer)).toEqual(FILES['a.txt']);
    await expect(test.vault.readChunk(test.cluster, last as Buffer)).rejects.toMatchObject({
      code: 'FORMAT_DAMAGED',
    });
    await test.vault.prove();
    const ingest = await test.vault.ingest(test.cluster);
    expect([...(await ingest.have(test.node, Buffer.concat([first as Buffer, last as Buffer])))]).toEqual([
      0b01,
    ]);
  });

  it.each([
    ['of a chunk', (place: number) => place + 1000],
    // The key is remembered by this process, and by no other.
    ['of the key frame before all chunks', () => 200],
  ])('%s breaks the closure of the sets that name it, with a catalog and without', async (_, offsetOf) => {
    const { test, sender, root, pack } = await withTree();
    const { name } = await test.vault.putSetDocument(setDocument(test, 1, null, root));
    const [place] = await test.catalog.chunks.locate(test.cluster, sender.idOf(FILES['b/c.bin']));
    await test.vault.assertClosure(test.cluster, [root]);
    await changeByte(pack, offsetOf(place?.offset as number));
    const offline = await OfflineVault.open(test.parts.store, test.parts.keyRing, silentLog);
    for (const vault of [test.vault, offline]) {
      const { findings } = await vault.check({ readData: true });
      expect(findings).toContainEqual(expect.objectContaining({ kind: 'closure-broken', subject: name }));
    }
  });

  it('of an older version of a control record is named', async () => {
    const { test } = await withTree();
    await test.addCluster();
    const name = `control/clusters/${test.cluster}-0000000001`;
    await changeByte(join(test.parts.storeRoot, name), 100);
    const offline = await OfflineVault.open(test.parts.store, test.parts.keyRing, silentLog);
    for (const vault of [test.vault, offline]) {
      const { findings } = await vault.check({ readData: false });
      expect(findings).toEqual([expect.objectContaining({ kind: 'record-damaged', subject: name })]);
    }
  });

  it('of vault.json is refused even where it means the same', async () => {
    const { test } = await withTree();
    const path = join(test.parts.storeRoot, 'vault.json');
    const text = await readFile(path, 'utf8');
    for (const changed of [
      text.replace('\n', ' '),
      text.replace('[]', '[ ]'),
      text.replace('{', '{"a":"\\ud800",'),
    ]) {
      await writeFile(path, changed);
      await expect(OfflineVault.open(test.parts.store, test.parts.keyRing, silentLog)).rejects.toMatchObject({
        code: 'FORMAT_DAMAGED',
      });
    }
  });

  it('of a pack that is gone is a finding', async () => {
    const { test, pack } = await withTree();
    await rm(pack);
    const { findings } = await test.vault.check({ readData: true });
    expect(findings.map((each) => each.kind)).toContain('pack-missing');
  });
});

describe('set documents', () => {
  it('come back as they were put, once, and chain', async () => {
    const { test, root } = await withTree();
    const first = setDocument(test, 1, null, root);
    const stored = await test.vault.putSetDocument(first);
    expect(await test.vault.putSetDocument(first)).toEqual(stored);
    expect(await test.vault.getSetDocument(stored.name)).toEqual(first);
    await expect(test.vault.putSetDocument(setDocument(test, 1, null, root))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await test.vault.putSetDocument(setDocument(test, 2, stored.hash, root));
    expect((await test.vault.check({ readData: false })).findings).toEqual([]);
    await test.vault.putSetDocument(setDocument(test, 4, stored.hash, root));
    const { sets, findings } = await test.vault.check({ readData: false });
    expect([sets, findings.map((each) => each.kind)]).toEqual([3, ['set-chain-broken']]);
  });

  it('that were changed, or moved to another name, are refused', async () => {
    const { test, root } = await withTree();
    const { name } = await test.vault.putSetDocument(setDocument(test, 1, null, root));
    const bytes = await readFile(join(test.parts.storeRoot, name));
    const moved = name.replace('0000000001', '0000000002');
    await writeFile(join(test.parts.storeRoot, moved), bytes);
    await expect(test.vault.getSetDocument(moved)).rejects.toMatchObject({ name: 'LifeboatError' });
    await writeFile(
      join(test.parts.storeRoot, name),
      bytes.toString().replace('"signature":"', '"signature":"A'),
    );
    await expect(test.vault.getSetDocument(name)).rejects.toMatchObject({ name: 'LifeboatError' });
    expect((await test.vault.check({ readData: false })).findings.map((each) => each.kind)).toContain(
      'set-damaged',
    );
  });
});

describe('reindex', () => {
  it('brings clusters, nodes, chunks, open packs and sets back from an empty catalog', async () => {
    const { test, sender, root } = await withTree();
    const document = setDocument(test, 1, null, root);
    await test.vault.putSetDocument(document);
    const node = { id: test.node, cluster: test.cluster, name: 'node-1', serial: '01', machineId: null };
    await test.vault.putControl(`nodes/${test.node}`, { ...node, notAfter: new Date().toISOString() });
    const open = sender.seal([Buffer.from('in an open pack')]);
    await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, open.frames);

    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toEqual({ packs: 1, chunks: 5, sets: 1, clusters: 1 });
    expect((await test.catalog.clusters.byName('portal'))?.id).toBe(test.cluster);
    expect((await test.catalog.nodes.byName(test.cluster, 'node-1'))?.id).toBe(test.node);
    expect((await test.catalog.sets.latestSealed(test.cluster))?.document).toEqual(document);
    expect((await test.vault.readChunk(test.cluster, open.ids)).toString()).toBe('in an open pack');
    await test.vault.assertClosure(test.cluster, [root]);
    expect((await test.vault.check({ readData: true })).findings).toEqual([]);
    expect(await test.vault.reindex()).toEqual({ packs: 0, chunks: 0, sets: 1, clusters: 1 });
  });

  it('scans the frames of a pack whose table is damaged', async () => {
    const { test, root, pack } = await withTree();
    await changeByte(pack, (await readFile(pack)).length - 60);
    await test.abandonAndReopen({ url: await vaults.database() });
    expect(await test.vault.reindex()).toMatchObject({ packs: 1, chunks: 5, clusters: 1 });
    await test.vault.assertClosure(test.cluster, [root]);
  });
});

describe('a proof', () => {
  it('is held while something else has to be quick, and goes on behind it', async () => {
    const { test } = await withTree();
    const pause = test.vault.pauseProof();
    const proving = test.vault.prove();
    await test.vault.check({ readData: false });
    expect((await test.catalog.packs.totals()).proved).toBe(0);
    pause[Symbol.dispose]();
    expect(await proving).toMatchObject({ packs: 1, findings: [] });
  });
});

describe('opening a vault', () => {
  it('with another key is refused', async () => {
    const test = await vaults.make();
    const keyRing = KeyRing.fromRoot(Buffer.alloc(32, 7));
    const { store, workDir } = test.parts;
    const clock = { now: () => new Date(), monotonic: () => 0 };
    const opening = Vault.open({ store, workDir, keyRing, catalog: test.catalog, clock, log: silentLog });
    await expect(opening).rejects.toMatchObject({
      code: 'KEY_MISSING',
      guidance: expect.stringContaining('LIFEBOAT_KEY_FILE'),
    });
  });

  it('that another server owns is refused, unless told to take over; then that one is refused', async () => {
    const test = await vaults.make();
    const { store, keyRing, workDir } = test.parts;
    const clock = { now: () => new Date(), monotonic: () => 0 };
    const catalog = test.catalog;
    const other = {
      store,
      keyRing,
      catalog,
      clock,
      log: silentLog,
      workDir: join(dirname(workDir), randomUUID()),
    };
    await mkdir(other.workDir);
    await expect(Vault.open(other)).rejects.toMatchObject({ code: 'VAULT_OWNED_BY_ANOTHER' });
    await (await Vault.open({ ...other, takeOver: true })).close();
    await expect(Vault.open({ ...other, workDir })).rejects.toMatchObject({ code: 'VAULT_OWNED_BY_ANOTHER' });
    // Nor does it keep anything more on its own disk, of which the other would be told that it is there.
    const sender = await senderOf(test);
    const ingest = await test.vault.ingest(test.cluster);
    const { ids, frames } = sender.seal([Buffer.from('too late')]);
    await expect(ingest.append(test.node, sender.keys, frames)).rejects.toMatchObject({
      code: 'VAULT_OWNED_BY_ANOTHER',
    });
    expect(await test.catalog.chunks.have(test.cluster, test.node, ids)).toEqual(new Uint8Array([0]));
  });

  it('whose record was changed is refused', async () => {
    const test = await vaults.make();
    const path = join(test.parts.storeRoot, 'vault.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"createdAt":"2', '"createdAt":"1'));
    await expect(test.abandonAndReopen()).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it('gives the latest of each control record', async () => {
    const test = await vaults.make();
    await test.vault.putControl('policies/one-0', { days: 7 });
    await test.vault.putControl('policies/one', { days: 1 });
    await test.vault.putControl('policies/one', { days: 2 });
    // Not one of ours.
    await test.parts.store.put('control/policies/one-more', Buffer.alloc(0));
    const records: { name: string; plain: unknown }[] = [];
    for await (const record of test.vault.listControl()) records.push(record);
    expect(records.map((each) => each.name)).toEqual([
      `clusters/${test.cluster}`,
      'policies/one',
      'policies/one-0',
    ]);
    expect(records[1]?.plain).toEqual({ days: 2 });
  });
});
