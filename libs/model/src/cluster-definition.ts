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
  readonly kind: 'file-system';
  /** Absolute root; when left out the store is found from the portal's configuration. */
  readonly path?: string | undefined;
  /** Several nodes mount the same root: it is captured and switched once. */
  readonly shared: boolean;
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
