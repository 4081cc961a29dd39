import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { silentLog } from '@lifeboat/kernel';
import pg from 'pg';
import { OfflineVault } from '../offline/offline-vault.ts';
import { seededBytes } from './seeded-bytes.ts';
import { TestSets, type TakenSet } from './test-sets.ts';
import type { TestVault, TestVaults } from './test-vaults.ts';

const TABLES = ['packs', 'chunks', 'bases', 'sets'] as const;

/**
 * A vault that is damaged on purpose, and put back: three sets, each with a pack of its own, all with one file of the
 * first pack, and between the last two one that was deleted. Two versions of the cluster's control record.
 */
export class DamagedVault {
  readonly test: TestVault;
  readonly sets: TestSets;
  /** Names, in order of sequence. */
  readonly packs: readonly string[];
  readonly documents: readonly string[];
  readonly deletion: string;
  readonly #files: ReadonlyMap<string, Buffer>;

  private constructor(test: TestVault, sets: TestSets, packs: readonly string[], files: Map<string, Buffer>) {
    this.test = test;
    this.sets = sets;
    this.packs = packs;
    this.documents = [...files.keys()].filter((name) => name.startsWith('sets/')).sort();
    this.deletion = [...files.keys()].find((name) => name.startsWith('control/deletions/'))!;
    this.#files = files;
  }

  static async make(vaults: TestVaults): Promise<DamagedVault> {
    const test = await vaults.make();
    await test.addCluster();
    const sets = await TestSets.of(test);
    const packs: string[] = [];
    const taken: TakenSet[] = [];
    for (const name of ['a', 'b', 'goes', 'c']) {
      const shared = { 'shared/by all': seededBytes('shared', 700) };
      taken.push(await sets.take({ ...shared, [name]: seededBytes(name, 3000) }));
      for (const blob of (await readFiles(test.parts.storeRoot)).keys())
        if (blob.startsWith('packs/') && !packs.includes(blob)) packs.push(blob);
    }
    await sets.delete(taken[2]!);
    await test.vault.prove();
    const files = await readFiles(test.parts.storeRoot);
    await sql(test, ...TABLES.map((table) => `create table saved_${table} as table ${table}`));
    return new DamagedVault(test, sets, [packs[0]!, packs[1]!, packs[3]!], files);
  }

  /** Of what was there before any damage. */
  bytesOf(name: string): Buffer {
    return Buffer.from(this.#files.get(name)!);
  }

  async write(name: string, bytes: Buffer | undefined): Promise<void> {
    const path = join(this.test.parts.storeRoot, name);
    await rm(path, { force: true });
    if (bytes === undefined) return;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { mode: 0o600 });
  }

  async flip(name: string, offset: number): Promise<void> {
    const bytes = this.bytesOf(name);
    bytes[offset]! ^= 1;
    await this.write(name, bytes);
  }

  /** In the catalog. */
  async sql(...statements: readonly string[]): Promise<void> {
    await sql(this.test, ...statements);
  }

  async files(): Promise<Map<string, Buffer>> {
    return readFiles(this.test.parts.storeRoot);
  }

  /** Vault and catalog as they were before. */
  async putBack(): Promise<void> {
    for (const name of (await this.files()).keys())
      if (!this.#files.has(name)) await this.write(name, undefined);
    for (const [name, bytes] of this.#files) await this.write(name, bytes);
    await this.sql(
      `truncate ${TABLES.join(', ')} cascade`,
      ...TABLES.map((table) => `insert into ${table} overriding system value table saved_${table}`),
    );
  }

  openOffline(): Promise<OfflineVault> {
    return OfflineVault.open(this.test.parts.store, this.test.parts.keyRing, silentLog);
  }

  /** Reads a set with the key alone and compares it with what it held. */
  async restoreOffline(index: number): Promise<void> {
    const offline = await this.openOffline();
    const name = this.documents[index];
    const stored = (await offline.sets()).sets.find((each) => each.name === name);
    assert(stored !== undefined, 'its document cannot be read');
    const cluster = await offline.cluster(this.test.cluster);
    try {
      const files: Record<string, Buffer> = {};
      for await (const { path, content } of cluster.manifest(rootOf(stored)))
        await cluster.readChunks(
          Buffer.concat(content.flatMap((part) => ('chunk' in part ? [part.chunk] : []))),
          (_, raw) => void (files[path.toString()] = Buffer.from(raw)),
        );
      assert.deepEqual(files, this.sets.kept[index]!.files);
    } finally {
      cluster.close();
    }
  }

  /** The same through the server's catalog. */
  async restoreOnline(index: number): Promise<void> {
    const { vault, cluster } = this.test;
    const { files, document } = this.sets.kept[index]!;
    const read: Record<string, Buffer> = {};
    for await (const entry of vault.manifest(cluster, rootOf({ document })))
      read[entry.path.toString()] = Buffer.concat(await vault.readFile(cluster, entry).toArray());
    assert.deepEqual(read, files);
  }
}

function rootOf({ document }: Pick<TakenSet, 'document'>): Buffer {
  return Buffer.from(document.captures[0]!.root, 'hex');
}

async function readFiles(root: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(root.length + 1), await readFile(path));
  }
  return files;
}

async function sql({ parts }: TestVault, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: parts.url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
