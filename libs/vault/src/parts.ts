import type { BlobStore } from '@lifeboat/blob-store';
import type { Catalog, LocatedChunk } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import type { Clock, ClusterId, Log, VaultId } from '@lifeboat/kernel';
import type { ClusterKeyChain } from './cluster-key-chain.ts';
import type { ProofGate } from './maintenance/proof-gate.ts';
import type { ReplicaTarget } from './replica/replica-target.ts';
import type { OpenPacks } from './pack/open-packs.ts';

/**
 * Where each of the chunks lies (33 bytes an id), in the order in which they are asked for; undefined: nowhere. The
 * server asks its catalog, an offline reader the packs' own tables.
 */
export type Locate = (cluster: ClusterId, ids: Buffer) => Promise<(LocatedChunk | undefined)[]>;

/** What it takes to read a vault. */
export interface ReadParts {
  readonly id: VaultId;
  readonly store: BlobStore;
  readonly keyRing: KeyRing;
  readonly keys: ClusterKeyChain;
  readonly locate: Locate;
  /** Packs that are still written to lie on the server's disk; whoever reads the store alone has none. */
  readonly openPacks: OpenPacks | undefined;
  readonly log: Log;
}

/** What the parts of a served vault share. */
export interface VaultParts extends ReadParts {
  /** Who this server is, as `owner/` names it. */
  readonly instance: string;
  readonly catalog: Catalog;
  readonly openPacks: OpenPacks;
  readonly proofGate: ProofGate;
  /** A second store that is to hold the same. */
  readonly replica: ReplicaTarget | undefined;
  readonly clock: Clock;
  /** Cryptographic randomness: nonces of tables and records. */
  readonly random: (bytes: number) => Buffer;
}
