import { LifeboatError } from '@lifeboat/kernel';
import type { ClusterDefinition, DatabaseDefinition, DocumentStoreDefinition } from '@lifeboat/model';
import { parseOrRefuse } from '../describe-issues.ts';
import { clusterDocumentSchema, type ClusterDocument } from './cluster-document.ts';
import { checkDatabaseUrl } from './database-url.ts';

/** Names that mean something else where a node may stand (`runOn: server`, `cluster/<tree>` when browsing). */
const RESERVED_NODE_NAMES = new Set(['server', 'cluster']);

const GUIDANCE = 'See the operator guide for every key of cluster.yaml.';

/**
 * A parsed `cluster.yaml` (any value) as the definition of a cluster.
 * @throws LifeboatError USAGE naming what is unknown, contradictory or not supported yet
 */
export function parseClusterDocument(value: unknown): ClusterDefinition {
  return resolveClusterDocument(
    parseOrRefuse(clusterDocumentSchema, value, 'the cluster definition', GUIDANCE),
  );
}

export function resolveClusterDocument(document: ClusterDocument): ClusterDefinition {
  const nodes = Object.keys(document.nodes);
  if (document.documentStore?.kind === 'database' && document.database === undefined)
    refuse('documentStore.kind: "database" needs a database', 'Describe it under the key database.');
  for (const node of nodes) {
    if (RESERVED_NODE_NAMES.has(node))
      refuse(`nodes.${node}: "${node}" is a reserved word`, 'Give the node another name.');
  }
  return {
    cluster: document.cluster,
    nodes: Object.fromEntries(nodes.map((node) => [node, { ...document.nodes[node] }])),
    ...(document.database && { database: resolveDatabase(document.database, nodes) }),
    ...(document.documentStore && { documentStore: resolveDocumentStore(document.documentStore) }),
    sources: (document.sources ?? []).map((source, index) => {
      requireNode(source.node, nodes, `sources[${index}].node`);
      return source;
    }),
    ...(document.searchIndex && { searchIndex: document.searchIndex }),
    ...(document.schedule && { schedule: document.schedule }),
    ...(document.retention && { retention: document.retention }),
  };
}

function resolveDatabase(
  database: NonNullable<ClusterDocument['database']>,
  nodes: string[],
): DatabaseDefinition {
  if (database.from !== undefined) {
    refuse(
      'database.from: "portal-properties" is not supported yet',
      'Give kind, url and passwordFile; the values stand in the portal’s own configuration.',
    );
  }
  const { kind, url, passwordFile, runOn = 'server' } = database;
  if (kind === undefined) refuse('database.kind: is missing', 'It is one of postgresql, mariadb and mysql.');
  if (url === undefined)
    refuse('database.url: is missing', 'For example postgres://lportal@db.example.com:5432/lportal.');
  checkDatabaseUrl(kind, url);
  if (runOn !== 'server') requireNode(runOn, nodes, 'database.runOn');
  return { kind, url, ...(passwordFile !== undefined && { passwordFile }), runOn };
}

function resolveDocumentStore(store: NonNullable<ClusterDocument['documentStore']>): DocumentStoreDefinition {
  if (store.kind === 'database') return databaseStore(store);
  return {
    kind: store.kind,
    ...(store.path !== undefined && { path: store.path }),
    shared: store.shared ?? false,
    ...(store.derivedFiles !== undefined && { derivedFiles: store.derivedFiles }),
  };
}

/** Its bytes are in the dump: there is no root to name. */
function databaseStore(store: NonNullable<ClusterDocument['documentStore']>): DocumentStoreDefinition {
  for (const key of ['path', 'shared', 'derivedFiles'] as const) {
    if (store[key] === undefined || (key === 'shared' && store.shared === false)) continue;
    refuse(`documentStore.${key}: a store of kind "database" has none`, `Leave ${key} out.`);
  }
  return { kind: 'database', shared: false };
}

function requireNode(name: string, nodes: readonly string[], where: string): void {
  if (nodes.includes(name)) return;
  refuse(`${where}: there is no node "${name}"`, `The nodes of this cluster are ${nodes.join(', ')}.`);
}

function refuse(problem: string, guidance: string): never {
  throw new LifeboatError('USAGE', `the cluster definition is not valid: ${problem}`, { guidance });
}
