import type { BlobStore } from '@lifeboat/blob-store';
import type { Catalog } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import type { Clock, Log, VaultId } from '@lifeboat/kernel';
import type { ClusterKeyChain } from './cluster-key-chain.ts';
import type { OpenPacks } from './pack/open-packs.ts';

/** What the vault's parts share. */
export interface VaultParts {
  readonly id: VaultId;
  /** Who this server is, as `owner/` names it. */
  readonly instance: string;
  readonly store: BlobStore;
  readonly catalog: Catalog;
  readonly keyRing: KeyRing;
  readonly keys: ClusterKeyChain;
  readonly openPacks: OpenPacks;
  readonly clock: Clock;
  readonly log: Log;
  /** Cryptographic randomness: nonces of tables and records. */
  readonly random: (bytes: number) => Buffer;
}
