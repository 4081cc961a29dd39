import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import type { SetDeletion, SetDocument } from '@lifeboat/model';
import { systemCodeOf, type Clock, type ClusterId, type Log, type VaultId } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import { ClusterKeyChain } from './cluster-key-chain.ts';
import { assertKeysOpen } from './ingest/assert-keys-open.ts';
import type { Ingest } from './ingest/ingest.ts';
import { Ingests } from './ingest/ingests.ts';
import { checkVault, type ServedCheckReport } from './maintenance/check.ts';
import { ProofGate } from './maintenance/proof-gate.ts';
import { ProofWorkers } from './maintenance/proof-workers.ts';
import { Prune } from './maintenance/prune/prune.ts';
import type { PruneOptions, PruneReport } from './maintenance/prune/prune-report.ts';
import {
  Prover,
  type ProofReport,
  type ProveOptions,
  type RenewalReport,
  type RenewOptions,
} from './maintenance/prover.ts';
import { reindexVault, type ReindexReport } from './maintenance/reindex.ts';
import type { RepairOptions, RepairReport } from './maintenance/repair/repair-report.ts';
import { Repair } from './maintenance/repair/repair.ts';
import type { VaultHelp } from './maintenance/vault-help.ts';
import { OpenPacks } from './pack/open-packs.ts';
import type { VaultParts } from './parts.ts';
import { ClosureCheck, type Closure } from './read/closure.ts';
import { findMissingInCatalog, locateInCatalog } from './read/locate-in-catalog.ts';
import { diffManifests, type Difference } from './read/diff-manifests.ts';
import { listDirectory, type DirectoryPage, type DirectoryQuery } from './read/list-directory.ts';
import { readChunks, readSealedChunks, type OnChunk, type OnSealedChunk } from './read/read-chunks.ts';
import { readChunk, readFileBytes, readManifest, readRawSegments } from './read/read-manifest.ts';
import { listControl, putControl } from './records/control-records.ts';
import { assertKnowsEpochs, recordedKeyEpoch, recordKeyEpochs } from './records/key-epochs.ts';
import { assertOwner, claimVault, instanceId } from './records/owner.ts';
import type { ReplicaTarget } from './replica/replica-target.ts';
import { Replica } from './replica/replica.ts';
import { deleteSet, finishDeletions } from './records/set-deletions.ts';
import {
  findSetDocument,
  putSetDocument,
  readSetDocument,
  type StoredSetDocument,
} from './records/set-documents.ts';
import { makeVaultRecord, readVaultRecord } from './records/vault-record.ts';

export interface VaultOptions {
  readonly store: BlobStore;
  /** Directory on this server's disk: open packs, and who this server is. */
  readonly workDir: string;
  readonly keyRing: KeyRing;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: (bytes: number) => Buffer;
  /** Become the owner even though another server is. */
  readonly takeOver?: boolean;
  readonly replica?: ReplicaTarget | undefined;
  readonly proofGate?: ProofGate;
  readonly proofWorkers?: ProofWorkers;
}

/**
 * The deduplicating store of sealed chunks and of the records that give them meaning: the truth of which the catalog
 * is an index. ORDERING.md states what holds at any time.
 */
export class Vault {
  readonly id: VaultId;
  readonly #parts: VaultParts;
  readonly #ingests: Ingests;
  readonly #closure: ClosureCheck;
  readonly #prover: Prover;

  private constructor(parts: VaultParts, workers: ProofWorkers) {
    this.id = parts.id;
    this.#parts = parts;
    this.#ingests = new Ingests(parts);
    this.#closure = new ClosureCheck(parts, (cluster, ids) =>
      findMissingInCatalog(parts.catalog, cluster, ids),
    );
    this.#prover = new Prover(parts, workers);
  }

  /**
   * Makes the vault in an empty store, or checks that it is ours; recovers the open packs and finishes deletions of
   * sets that broke off. KEY_MISSING, VAULT_OWNED_BY_ANOTHER, SIGNATURE_INVALID, VAULT_UNREACHABLE.
   */
  static async open(options: VaultOptions): Promise<Vault> {
    const { store, workDir, keyRing, catalog, clock, log, random = randomBytes } = options;
    const instance = await instanceId(workDir);
    const known = await readVaultRecord(store, keyRing);
    await assertKnowsEpochs(store, keyRing);
    await claimVault(store, instance, clock, options.takeOver ?? false);
    const id = known ?? (await makeVaultRecord(store, keyRing, clock));
    const openPacks = await OpenPacks.open(workDir);
    const keys = new ClusterKeyChain(keyRing);
    const locate = async (cluster: ClusterId, ids: Buffer) => locateInCatalog(catalog, cluster, ids);
    const { proofGate = new ProofGate(clock), proofWorkers = new ProofWorkers() } = options;
    const shared = {
      id,
      instance,
      store,
      catalog,
      keyRing,
      keys,
      locate,
      openPacks,
      proofGate,
      replica: options.replica,
      clock,
      log,
      random,
    };
    const vault = new Vault(shared, proofWorkers);
    await vault.#ingests.recoverAll();
    await recordKeyEpochs(shared);
    await finishDeletions(shared);
    return vault;
  }

  /** The shared writer of a cluster's open pack; one that failed before is replaced by one recovered from disk. */
  async ingest(cluster: ClusterId): Promise<Ingest> {
    return this.#ingests.of(cluster);
  }

  /** Everything acknowledged so far lies in the store afterwards. */
  async closeOpenPacks(cluster: ClusterId): Promise<void> {
    await this.#ingests.closeOpenPack(cluster);
  }

  async readChunk(cluster: ClusterId, id: Buffer): Promise<Buffer> {
    return readChunk(this.#parts, cluster, id);
  }

  /** In the order in which they lie in the packs; each is verified. CHUNK_MISSING, FORMAT_DAMAGED. */
  async readChunks(cluster: ClusterId, ids: Buffer, onChunk: OnChunk): Promise<void> {
    await readChunks(this.#parts, cluster, ids, onChunk);
  }

  /** The same, still sealed, for a reader that expands and identifies them itself. */
  async readSealedChunks(cluster: ClusterId, ids: Buffer, onChunk: OnSealedChunk): Promise<void> {
    await readSealedChunks(this.#parts, cluster, ids, onChunk);
  }

  /** Entries in path order; memory does not grow with the manifest. */
  manifest(cluster: ClusterId, root: Buffer): AsyncGenerator<ManifestEntry> {
    return readManifest(this.#parts, cluster, root);
  }

  /** The same manifest's segments, verified but not decoded: for `fileSizes`. */
  segments(cluster: ClusterId, root: Buffer): AsyncGenerator<Buffer> {
    return readRawSegments(this.#parts, cluster, root);
  }

  /** A page of a directory, by the segments that it lies in. NOT_FOUND. */
  async listDirectory(cluster: ClusterId, root: Buffer, query: DirectoryQuery): Promise<DirectoryPage> {
    return listDirectory(this.#parts, cluster, root, query);
  }

  /** How one tree became another, in path order, behind the path `from`; what both have in common is not read. */
  diff(
    cluster: ClusterId,
    trees: { before: Buffer; after: Buffer; from?: Buffer | undefined },
  ): AsyncGenerator<Difference> {
    return diffManifests(this.#parts, cluster, trees);
  }

  readFile(cluster: ClusterId, entry: ManifestEntry): Readable {
    return Readable.from(readFileBytes(this.#parts, cluster, entry), { objectMode: false });
  }

  /**
   * CLOSURE_BROKEN names the tree and the first file that lacks bytes; nodes then send their trees anew, for what is
   * missing may be named by what they take for known.
   */
  async assertClosure(cluster: ClusterId, roots: readonly Buffer[]): Promise<Closure> {
    try {
      return await this.#closure.assert(cluster, roots);
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'CLOSURE_BROKEN') await this.#parts.catalog.chunks.dropBases(cluster);
      throw thrown;
    }
  }

  async putSetDocument(document: SetDocument): Promise<StoredSetDocument> {
    return putSetDocument(this.#parts, document);
  }

  async getSetDocument(name: string): Promise<SetDocument> {
    return (await readSetDocument(this.#parts, name)).document;
  }

  /** The document of this set, if it was committed under this sequence. */
  async findSetDocument(cluster: ClusterId, sequence: number, set: string): Promise<SetDocument | undefined> {
    return findSetDocument(this.#parts, cluster, sequence, set);
  }

  /** The set is no more, and its chunks are the next prune's to judge. Repeating it changes nothing. */
  async deleteSet(deletion: SetDeletion): Promise<SetDeletion> {
    return deleteSet(this.#parts, deletion);
  }

  /** `name`: a path of slugs and ids, e.g. `clusters/<id>`. */
  async putControl(name: string, plain: unknown): Promise<void> {
    await putControl(this.#parts, name, plain);
  }

  listControl(): AsyncIterable<{ name: string; plain: unknown }> {
    return listControl(this.#parts);
  }

  /**
   * Begins the next key epoch: what is sealed from now on opens with its keys alone, what there is stays as it is
   * (ORDERING.md). Its number. CONFLICT, VAULT_OWNED_BY_ANOTHER; see `KeyRing.beginEpoch`.
   */
  async rotateKeys(keyFile: string): Promise<number> {
    const { store, instance, keyRing } = this.#parts;
    await assertOwner(store, instance);
    // One that broke off behind the key file has begun all the same: it is finished, and none is begun.
    if ((await recordedKeyEpoch(store)) === keyRing.epoch) await keyRing.beginEpoch(keyFile);
    await recordKeyEpochs(this.#parts);
    return keyRing.epoch;
  }

  /** PROTOCOL_BREACH unless each of these wrapped session keys opens with the keys of an epoch that has begun. */
  async assertKeysOpen(cluster: ClusterId, wrapped: readonly Uint8Array[]): Promise<void> {
    await assertKeysOpen(this.#parts.keys, cluster, wrapped);
  }

  /** No pack is begun to be read back until what is returned is disposed: for work that has to be quick. */
  pauseProof(): Disposable {
    return this.#parts.proofGate.pause();
  }

  /** Reads back what was not proved yet, in threads of its own; waits for who goes first (`ProofGate`). */
  async prove(options?: ProveOptions): Promise<ProofReport> {
    const report = await this.#prover.prove(options);
    if (report.findings.length > 0) this.#closure.forget();
    return report;
  }

  /** With `readData`, old proofs are made again, no pack begun later than `maxMillis` after the first (`renewProofs`). */
  async check(options: {
    readonly readData: boolean;
    readonly maxMillis?: number;
  }): Promise<ServedCheckReport> {
    const renew = async (renewal: RenewOptions) => this.renewProofs(renewal);
    return checkVault(this.#parts, options.readData ? { renew, maxMillis: options.maxMillis } : undefined);
  }

  /**
   * Reads packs back again, those read longest ago first. One that fails loses its proof: the next `prove` judges it.
   * Waits for who goes first, as `prove` does; for ingest at most half of its time.
   */
  async renewProofs(options: RenewOptions): Promise<RenewalReport> {
    return this.#prover.renew(options);
  }

  /** CONFLICT while a prune goes on. */
  async reindex(): Promise<ReindexReport> {
    return this.#parts.catalog.prunes.alone(async () =>
      reindexVault(this.#parts, async () => this.#ingests.recoverAll()),
    );
  }

  /** Gives back the space that no set needs any more (ORDERING.md). Sets, restores and proofs go on meanwhile. CONFLICT. */
  async prune(options: PruneOptions): Promise<PruneReport> {
    return Prune.run(this.#parts, this.#help(), options);
  }

  /** Mends what can be mended of a damaged vault, and destroys nothing (ORDERING.md). Sets, restores and proofs go on meanwhile. CONFLICT. */
  async repair(options: RepairOptions): Promise<RepairReport> {
    return Repair.run(this.#parts, this.#help(), options);
  }

  #help(): VaultHelp {
    return {
      ingest: async (cluster: ClusterId) => this.ingest(cluster),
      closeOpenPacks: async (cluster: ClusterId) => this.closeOpenPacks(cluster),
      prove: async () => this.prove(),
      forgetClosures: () => this.#closure.forget(),
    };
  }

  /** The second store that is to hold the same, if one was named. */
  get replica(): Replica | undefined {
    const { replica } = this.#parts;
    return replica && new Replica(this.#parts, replica);
  }

  /** Open packs stay open: they are recovered at the next start. */
  async close(): Promise<void> {
    await this.#prover.stop();
    await this.#ingests.stop();
  }
}
