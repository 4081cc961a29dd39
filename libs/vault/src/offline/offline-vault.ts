import type { BlobStore } from '@lifeboat/blob-store';
import type { KeyRing } from '@lifeboat/identity';
import {
  isBreach,
  LifeboatError,
  messageOf,
  type ClusterId,
  type Log,
  type PackName,
  type VaultId,
} from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';
import { ClusterKeyChain } from '../cluster-key-chain.ts';
import { packNameOf, PACKS } from '../layout.ts';
import type { CheckReport } from '../maintenance/check.ts';
import type { Finding } from '../maintenance/finding.ts';
import { deletionsOrFindings } from '../maintenance/deletions-or-findings.ts';
import { chainFindings, linkOf, linksOf, setFinding, unreadableLink } from '../maintenance/set-chain.ts';
import { frameContext } from '../pack/open-packs.ts';
import { closedPackBytes, type PackBytes } from '../pack/pack-bytes.ts';
import { packRows } from '../pack/pack-rows.ts';
import { readPackHeader } from '../pack/pack-table.ts';
import type { ReadParts } from '../parts.ts';
import { listSetDocuments, readSetDocument } from '../records/set-documents.ts';
import { recordedKeyEpoch } from '../records/key-epochs.ts';
import { readVaultRecord } from '../records/vault-record.ts';
import { checkOffline, type CheckOptions } from './check-offline.ts';
import { ChunkIndex } from './chunk-index.ts';
import { OfflineCluster } from './offline-cluster.ts';

export interface StoredSet {
  readonly name: string;
  /** Lower-case hex SHA-256 of the stored document. */
  readonly hash: string;
  readonly document: SetDocument;
}

/** Whether the chunk at this offset of a pack is known to be good, or not known to be bad. */
export type IsReadable = (pack: PackName, offset: number) => boolean;

export interface OpenClusterOptions {
  /** Tells of the progress. */
  readonly onPack?: (packs: number) => void;
  /** What is not is left out, as if its pack did not have it. */
  readonly isReadable?: IsReadable;
}

/**
 * A vault as it lies there, read with its key alone: no server, no catalog, nothing written. Everything that comes out has been
 * verified: signatures and seals of set documents, and of each chunk the seal and that its bytes are what its id says.
 */
export class OfflineVault {
  readonly id: VaultId;
  readonly #parts: Omit<ReadParts, 'locate'>;

  private constructor(parts: Omit<ReadParts, 'locate'>) {
    this.id = parts.id;
    this.#parts = parts;
  }

  /** BLOB_NOT_FOUND when the store holds no vault, KEY_MISSING when the key is another vault's, SIGNATURE_INVALID. */
  static async open(store: BlobStore, keyRing: KeyRing, log: Log): Promise<OfflineVault> {
    const id = await readVaultRecord(store, keyRing);
    if (id === undefined) {
      throw new LifeboatError('BLOB_NOT_FOUND', 'there is no vault here: vault.json is missing', {
        guidance: 'Name the directory that holds vault.json, packs and sets.',
      });
    }
    const recorded = await recordedKeyEpoch(store);
    if (recorded > keyRing.epoch)
      log.warn(
        { recorded, known: keyRing.epoch },
        'the vault is in a later key epoch than this key or kit knows: what was sealed in it cannot be opened. Use the newest one',
      );
    const keys = new ClusterKeyChain(keyRing);
    return new OfflineVault({ id, store, keyRing, keys, openPacks: undefined, log });
  }

  /** By cluster, then by sequence; not those that were deleted. A document that cannot be trusted is a finding, and the others are read all the same. */
  async sets(): Promise<{ readonly sets: readonly StoredSet[]; readonly findings: readonly Finding[] }> {
    const parts = { ...this.#parts, locate: async () => [] };
    const { deletions, findings } = await deletionsOrFindings(parts);
    const links = linksOf(deletions);
    const sets: StoredSet[] = [];
    for await (const name of listSetDocuments(parts.store, deletions)) {
      try {
        const stored = { name, ...(await readSetDocument(parts, name)) };
        links.push(linkOf(name, stored.document, stored.hash));
        sets.push(stored);
      } catch (thrown) {
        links.push(unreadableLink(name));
        findings.push(setFinding(name, thrown));
      }
    }
    return { sets, findings: [...findings, ...chainFindings(links)] };
  }

  /** Looks the whole vault over: packs, set documents, their chain and closure; with `readData` every byte of every pack. */
  async check(options: CheckOptions): Promise<CheckReport> {
    return checkOffline(this, this.#parts, options);
  }

  /** Reads the table of every pack of the cluster; to be closed. */
  async cluster(
    cluster: ClusterId,
    { onPack, isReadable = () => true }: OpenClusterOptions = {},
  ): Promise<OfflineCluster> {
    const index = new ChunkIndex();
    try {
      let packs = 0;
      for await (const { name: blob } of this.#parts.store.list(PACKS)) {
        const name = packNameOf(blob);
        if (name === undefined) continue;
        const pack = closedPackBytes(this.#parts.store, name);
        if (await this.#belongsTo(cluster, pack)) {
          const rows = await packRows(this.#parts, cluster, pack);
          index.add(
            name,
            rows.filter(({ offset }) => isReadable(name, offset)),
          );
        }
        onPack?.((packs += 1));
      }
      index.finish();
      return new OfflineCluster(
        { ...this.#parts, locate: async (_, ids) => index.locate(ids) },
        cluster,
        index,
      );
    } catch (thrown) {
      index.close();
      throw thrown;
    }
  }

  /** A pack whose header is damaged may still hold what a set needs: its frames say themselves to whom they belong. */
  async #belongsTo(cluster: ClusterId, pack: PackBytes): Promise<boolean> {
    try {
      const found = await readPackHeader(pack);
      const wanted = frameContext(this.id, cluster);
      return (
        Buffer.from(wanted.vault).equals(found.vault) && Buffer.from(wanted.cluster).equals(found.cluster)
      );
    } catch (thrown) {
      if (!isBreach(thrown)) throw thrown;
      this.#parts.log.warn({ pack: pack.label, reason: messageOf(thrown) }, 'pack header unreadable');
      return true;
    }
  }
}
