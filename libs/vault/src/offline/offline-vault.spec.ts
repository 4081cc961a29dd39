import { chmod, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileSystemBlobStore } from '@lifeboat/blob-store';
import { silentLog } from '@lifeboat/kernel';
import { computeChunkId } from '@lifeboat/vault-format';
import { seededBytes, storeWith, TestSets, TestVaults, type TestVault } from '../testing/index.ts';
import { OfflineVault } from './offline-vault.ts';

let vaults: TestVaults;
let empty: string;
beforeAll(async () => {
  vaults = await TestVaults.start();
  empty = await mkdtemp(join(tmpdir(), 'lifeboat-offline-'));
});
afterAll(async () => {
  await vaults.stop();
  await rm(empty, { recursive: true });
});

const FILES = { 'a.txt': Buffer.from('first file'), 'b/c.bin': seededBytes('c', 100_000) };

async function withSets(): Promise<{ test: TestVault; sets: TestSets }> {
  const test = await vaults.make();
  const sets = await TestSets.of(test);
  await sets.take(FILES);
  await sets.take({ ...FILES, 'd.txt': Buffer.from('later') });
  return { test, sets };
}

const openVault = async ({ parts }: TestVault, store = parts.store): Promise<OfflineVault> =>
  OfflineVault.open(store, parts.keyRing, silentLog);

/** Every file of a tree, read as a restore without a server reads it. */
async function readTree(vault: OfflineVault, test: TestVault, root: string): Promise<Record<string, Buffer>> {
  const cluster = await vault.cluster(test.cluster);
  try {
    const files: Record<string, Buffer> = {};
    const id = Buffer.from(root, 'hex');
    for await (const { path, content } of cluster.manifest(id)) {
      const ids = content.map((part) => ('chunk' in part ? part.chunk : Buffer.alloc(0)));
      const parts: Buffer[] = [];
      await cluster.readChunks(Buffer.concat(ids), (index, raw) => {
        expect(computeChunkId(cluster.idKey, 'data', raw)).toEqual(ids[index]);
        parts[index] = raw;
      });
      files[path.toString()] = Buffer.concat(parts);
    }
    expect((await cluster.manifestRoot(id)).entries).toBe(Object.keys(files).length);
    return files;
  } finally {
    cluster.close();
  }
}

describe('a vault without a server', () => {
  it('gives back every file of every set', async () => {
    const { test, sets } = await withSets();
    const vault = await openVault(test);
    const listed = await vault.sets();
    expect(listed.findings).toEqual([]);
    expect(listed.sets.map(({ document }) => document)).toEqual(sets.kept.map(({ document }) => document));
    for (const { document, files } of sets.kept)
      expect(await readTree(vault, test, document.captures[0]!.root)).toEqual(files);
  });

  it('is one only where vault.json is', async () => {
    const { test } = await withSets();
    await expect(openVault(test, await FileSystemBlobStore.open(empty))).rejects.toMatchObject({
      code: 'BLOB_NOT_FOUND',
      guidance: expect.stringContaining('vault.json'),
    });
  });

  it('lists the sets that can be trusted beside one that cannot', async () => {
    const { test, sets } = await withSets();
    const vault = await openVault(test);
    const [first, second] = (await vault.sets()).sets;
    await rm(join(test.parts.storeRoot, first!.name));
    await writeFile(join(test.parts.storeRoot, first!.name), 'not a set any more');
    const { sets: listed, findings } = await vault.sets();
    expect(listed).toEqual([second]);
    expect(findings).toContainEqual(expect.objectContaining({ subject: first!.name, kind: 'set-damaged' }));
    const last = sets.kept[1]!;
    expect(await readTree(vault, test, last.document.captures[0]!.root)).toEqual(last.files);
  });

  it('gives back what lies in a pack whose header is damaged: the frames say whose they are', async () => {
    const { test, sets } = await withSets();
    const packs = join(test.parts.storeRoot, 'packs');
    for (const name of (await readdir(packs, { recursive: true })).filter((each) => each.length > 60)) {
      await chmod(join(packs, name), 0o600);
      const file = await open(join(packs, name), 'r+');
      await file.write(Buffer.alloc(20), 0, 20, 0);
      await file.close();
      expect((await readFile(join(packs, name))).subarray(0, 20)).toEqual(Buffer.alloc(20));
    }
    const vault = await openVault(test);
    for (const { document, files } of sets.kept)
      expect(await readTree(vault, test, document.captures[0]!.root)).toEqual(files);
    const { findings, sets: count } = await vault.check({ readData: true });
    expect(count).toBe(2);
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['pack-damaged']));
  });

  it('tells how many packs it has read, and fails when its disk does', async () => {
    const { test } = await withSets();
    const seen: number[] = [];
    (await (await openVault(test)).cluster(test.cluster, { onPack: (packs) => seen.push(packs) })).close();
    expect(seen).toEqual([1, 2]);
    const broken = storeWith(test.parts.store, { read: async () => Promise.reject(new Error('no answer')) });
    await expect((await openVault(test, broken)).cluster(test.cluster)).rejects.toThrow('no answer');
  });
});
