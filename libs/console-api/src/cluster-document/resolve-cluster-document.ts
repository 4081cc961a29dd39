import { LifeboatError } from '@lifeboat/kernel';
import type { ClusterDefinition, DatabaseDefinition, DocumentStoreDefinition } from '@lifeboat/model';
import { parseOrRefuse } from '../describe-issues.ts';
import {
  clusterDocumentSchema,
  type ClusterDocument,
  type Retention,
  type Schedule,
} from './cluster-document.ts';
import { checkDatabaseUrl } from './database-url.ts';

/** What the catalog keeps: the model's definition, and what is stored now and acted on by later releases. */
export interface StoredClusterDefinition extends ClusterDefinition {
  readonly schedule?: Schedule | undefined;
  readonly retention?: Retention | undefined;
}

/** Names that mean something else where a node may stand (`runOn: server`, `cluster/<tree>` when browsing). */
const RESERVED_NODE_NAMES = new Set(['server', 'cluster']);

const GUIDANCE = 'See the operator guide for every key of cluster.yaml.';

/**
 * A parsed `cluster.yaml` (any value) as the definition of a cluster.
 * @throws LifeboatError USAGE naming what is unknown, contradictory or not supported yet
 */
export function parseClusterDocument(value: unknown): StoredClusterDefinition {
  return resolveClusterDocument(
    parseOrRefuse(clusterDocumentSchema, value, 'the cluster definition', GUIDANCE),
  );
}

export function resolveClusterDocument(document: ClusterDocument): StoredClusterDefinition {
  const nodes = Object.keys(document.nodes);
  for (const node of nodes) {
    if (RESERVED_NODE_NAMES.has(node))
      refuse(`nodes.${node}: "${node}" is a reserved word`, 'Give the node another name.');
  }
  return {
    cluster: document.cluster,
    nodes: Object.fromEntries(nodes.map((node) => [node, { ...document.nodes[node] }])),
    ...(document.database && { database: resolveDatabase(document.database, nodes) }),
    ...(document.documentStore && { documentStore: resolveDocumentStore(document.documentStore, nodes) }),
    sources: (document.sources ?? []).map((source, index) => {
      requireNode(source.node, nodes, `sources[${index}].node`);
      return source;
    }),
    ...(document.searchIndex && { searchIndex: document.searchIndex }),
    ...(document.schedule && { schedule: document.schedule }),
    ...(document.retention && { retention: document.retention }),
  };
}

/** What is kept with the cluster but not acted on by this release, in sentences for the operator. */
export function definitionWarnings(definition: StoredClusterDefinition): string[] {
  const warnings: string[] = [];
  if (definition.schedule) warnings.push('schedule is stored, but sets are not started by it yet');
  if (definition.retention) warnings.push('retention is stored, but no set is deleted by it yet');
  return warnings;
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

function resolveDocumentStore(
  store: NonNullable<ClusterDocument['documentStore']>,
  nodes: string[],
): DocumentStoreDefinition {
  // A wrong guess here would switch one shared store several times, or capture only one node's own store.
  if (store.shared === undefined && nodes.length > 1) {
    refuse(
      'documentStore.shared: is missing in a cluster of several nodes',
      'Write shared: true when the nodes mount the same root, shared: false when each has its own.',
    );
  }
  return {
    kind: store.kind,
    ...(store.path !== undefined && { path: store.path }),
    shared: store.shared ?? false,
  };
}

function requireNode(name: string, nodes: readonly string[], where: string): void {
  if (nodes.includes(name)) return;
  refuse(`${where}: there is no node "${name}"`, `The nodes of this cluster are ${nodes.join(', ')}.`);
}

function refuse(problem: string, guidance: string): never {
  throw new LifeboatError('USAGE', `the cluster definition is not valid: ${problem}`, { guidance });
}
