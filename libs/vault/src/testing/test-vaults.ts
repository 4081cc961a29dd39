import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSystemBlobStore, type BlobStore } from '@lifeboat/blob-store';
import { Catalog, startEmbeddedPostgres, type EmbeddedPostgres } from '@lifeboat/catalog';
import { KeyRing } from '@lifeboat/identity';
import { silentLog, type Clock, type ClusterId, type Log, type NodeId } from '@lifeboat/kernel';
import pg from 'pg';
import { ProofGate } from '../maintenance/proof-gate.ts';
import type { ProofWorkers } from '../maintenance/proof-workers.ts';
import type { ReplicaTarget } from '../replica/replica-target.ts';
import { Vault } from '../vault.ts';

const systemClock: Clock = { now: () => new Date(), monotonic: () => performance.now() };

/** One real PostgreSQL for a spec file; each vault gets a database and a directory of its own. */
export class TestVaults {
  readonly #postgres: EmbeddedPostgres;
  readonly #directory: string;
  readonly #made: TestVault[] = [];

  private constructor(postgres: EmbeddedPostgres, directory: string) {
    this.#postgres = postgres;
    this.#directory = directory;
  }

  static async start(): Promise<TestVaults> {
    const directory = await mkdtemp(join(tmpdir(), 'lifeboat-vault-'));
    // PostgreSQL runs as a user of its own when the tests run as root.
    await chmod(directory, 0o755);
    const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), log: silentLog });
    return new TestVaults(postgres, directory);
  }

  async stop(): Promise<void> {
    for (const each of this.#made) await each.close();
    await this.#postgres.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async make(
    options: {
      wrapStore?: (store: BlobStore) => BlobStore;
      workDir?: string;
      log?: Log;
      proofGate?: ProofGate;
      proofWorkers?: ProofWorkers;
      clock?: Clock;
      replica?: ReplicaTarget;
    } = {},
  ): Promise<TestVault> {
    // No test waits for ingest to have been quiet for a while.
    const { clock = systemClock, proofWorkers } = options;
    const { proofGate = new ProofGate(clock, async () => undefined) } = options;
    const name = `vault_${randomUUID().replaceAll('-', '')}`;
    const directory = join(this.#directory, name);
    const files = await FileSystemBlobStore.open(join(directory, 'vault'));
    const made = new TestVault({
      url: await this.database(name),
      storeRoot: files.root,
      store: options.wrapStore?.(files) ?? files,
      workDir: options.workDir ?? join(directory, 'work'),
      keyFile: join(directory, 'vault.key'),
      keyRing: await KeyRing.open(join(directory, 'vault.key')),
      log: options.log ?? silentLog,
      clock,
      proofGate,
      replica: options.replica,
      ...(proofWorkers && { proofWorkers }),
    });
    this.#made.push(made);
    await made.open();
    await made.addCluster();
    return made;
  }

  /** A new, empty database; its URL. */
  async database(name = `db_${randomUUID().replaceAll('-', '')}`): Promise<string> {
    const client = new pg.Client({ connectionString: this.#postgres.url });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    const url = new URL(this.#postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  }
}

export interface TestVaultParts {
  url: string;
  readonly storeRoot: string;
  readonly store: BlobStore;
  readonly workDir: string;
  readonly keyFile: string;
  readonly keyRing: KeyRing;
  readonly log: Log;
  readonly clock: Clock;
  readonly proofGate: ProofGate;
  readonly replica?: ReplicaTarget | undefined;
  readonly proofWorkers?: ProofWorkers;
}

/** A vault with one cluster and one node, on the real file system and a real catalog; it can be left and opened again. */
export class TestVault {
  readonly parts: TestVaultParts;
  readonly cluster = randomUUID() as string as ClusterId;
  readonly node = randomUUID() as string as NodeId;
  /** Their files are let go of at the end only. */
  readonly #abandoned: Vault[] = [];
  vault!: Vault;
  catalog!: Catalog;

  constructor(parts: TestVaultParts) {
    this.parts = parts;
  }

  async open(): Promise<Vault> {
    const { url, log, ...rest } = this.parts;
    this.catalog = await Catalog.open(url, log);
    this.vault = await Vault.open({ ...rest, catalog: this.catalog, log });
    return this.vault;
  }

  /** As a kill would leave it: nothing is closed, and the next one must make do with what is on disk. */
  async abandonAndReopen(change: { url?: string } = {}): Promise<Vault> {
    this.#abandoned.push(this.vault);
    await this.catalog.close();
    Object.assign(this.parts, change, { keyRing: await KeyRing.read(this.parts.keyFile) });
    return this.open();
  }

  async close(): Promise<void> {
    for (const each of [...this.#abandoned, this.vault]) await each.close();
    await this.catalog.close().catch(() => undefined);
  }

  async addCluster(cluster: ClusterId = this.cluster, name = 'portal'): Promise<void> {
    const definition = { cluster: name, nodes: { 'node-1': {} }, sources: [] };
    await this.catalog.clusters.apply(cluster, definition);
    await this.vault.putControl(`clusters/${cluster}`, { id: cluster, definition });
  }
}
