import type { Catalog, ClusterRow } from '@lifeboat/catalog';
import type { KeyRing } from '@lifeboat/identity';
import type { ClusterId, Clock, Log } from '@lifeboat/kernel';
import type { DatabaseDefinition } from '@lifeboat/model';
import type { Vault } from '@lifeboat/vault';
import type { ManifestEntry } from '@lifeboat/vault-format';

import type { AgentGateway } from './agent-gateway.ts';
import type { DatabaseOperation, DatabaseOperator } from './database-operator.ts';

/** What the engines of a server offer to coordination; the composition root wires it. */
export interface Effects {
  readonly agents: AgentGateway;
  /** Opens the cluster's database where its definition says that the client programs run. */
  openDatabase(
    cluster: ClusterRow,
    definition: DatabaseDefinition,
    onBehalfOf: DatabaseOperation,
  ): Promise<DatabaseOperator>;
  /** Writes a manifest of entries whose chunks are in the vault already; answers with its root. */
  writeManifest(cluster: ClusterId, entries: AsyncIterable<ManifestEntry>): Promise<WrittenManifest>;
}

export interface WrittenManifest {
  /** Chunk id of the root, 33 bytes. */
  readonly root: Buffer;
  readonly entries: number;
  /** Bytes of the files that it names. */
  readonly bytes: number;
}

export interface Services {
  readonly catalog: Catalog;
  readonly vault: Vault;
  readonly keyRing: KeyRing;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  /** Names this server process in leases. */
  readonly owner: string;
}
