import type { RetentionPolicy } from './retention/retention-policy.ts';
import type { Schedule } from './schedule/schedule.ts';

/**
 * What a cluster is made of, as the operator's `cluster.yaml` says (design: fixed outside contracts).
 * What is left out is found by the agents from the portal's own configuration; a cluster of `path` sources alone
 * is legal.
 */
export interface ClusterDefinition {
  readonly cluster: string;
  readonly nodes: Readonly<Record<string, NodeDefinition>>;
  readonly database?: DatabaseDefinition | undefined;
  readonly documentStore?: DocumentStoreDefinition | undefined;
  readonly searchIndex?: SearchIndexDefinition | undefined;
  readonly sources: readonly PathSourceDefinition[];
  readonly schedule?: Schedule | undefined;
  readonly retention?: RetentionPolicy | undefined;
}

export interface NodeDefinition {
  /** Absolute path; found on the node when left out. */
  readonly liferayHome?: string | undefined;
}

export interface DatabaseDefinition {
  readonly kind: 'postgresql' | 'mariadb' | 'mysql';
  /** Where it is, without a password: `postgres://user@host:port/name`, `mysql://user@host:port/name`. */
  readonly url: string;
  /** File holding the password and nothing else, on the host that `runOn` names. */
  readonly passwordFile?: string | undefined;
  /** `server`, or the name of the node whose agent runs dumps and loads. */
  readonly runOn: string;
}

export interface DocumentStoreDefinition {
  /** `database`: the portal keeps documents in its database, and there is no root. */
  readonly kind: 'file-system' | 'advanced-file-system' | 'database';
  /** Absolute root; when left out the store is found from the portal's configuration. */
  readonly path?: string | undefined;
  /** Believe that what the nodes see is one store, also where that cannot be told. */
  readonly shared: boolean;
  /** Previews, thumbnails and adaptive media, which the portal makes again: captured, unless they are skipped. */
  readonly derivedFiles?: 'capture' | 'skip' | undefined;
}

export interface SearchIndexDefinition {
  /** `lucene`: the indexes that each node keeps itself. `none`: left out of sets, rebuilt after a restore. */
  readonly kind: 'lucene' | 'none';
  /** Folder of the indexes, absolute or relative to Liferay Home; when left out it is found. */
  readonly path?: string | undefined;
}

export interface PathSourceDefinition {
  readonly kind: 'path';
  readonly node: string;
  readonly path: string;
}
