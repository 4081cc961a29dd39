import { createHash } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';
import type { ClusterDefinition, TreeKind } from '@lifeboat/model';
import type { InspectNodeResult } from '@lifeboat/wire';

import { planReplica } from './search-index.ts';

/** A tree that a set captures: which node walks it, and what lies in it that is not its own. */
export interface PlannedTree {
  readonly name: string;
  readonly kind: TreeKind;
  /** The node whose agent captures and, at a restore, switches it. */
  readonly node: string;
  /** True for what belongs to the cluster rather than to `node`: a document store that several nodes see. */
  readonly clusterWide: boolean;
  /** Absolute; empty for a virtual tree. */
  readonly path: string;
  /** Relative to `path`. */
  readonly excludes: readonly string[];
  /** Relative to `path`: emptied at a restore's switch. */
  readonly cleared: readonly string[];
}

export interface TreePlan {
  readonly trees: readonly PlannedTree[];
  /** The document store as each node sees it, the one that walks it first; empty without a store. */
  readonly storeHolders: readonly PlannedTree[];
  readonly warnings: readonly string[];
  /** Why the set cannot be called consistent, one sentence each. */
  readonly doubts: readonly string[];
}

/**
 * Cuts what the nodes hold into disjoint trees (design: bringing a cluster back): a tree leaves out what belongs to
 * a tree nested in it. A store that all nodes see is one tree, wherever each has it mounted.
 */
export function planTrees(
  definition: ClusterDefinition,
  nodes: ReadonlyMap<string, InspectNodeResult>,
): TreePlan {
  const store = planStore(definition, nodes);
  const portals = !isPathsAlone(definition);
  const trees = [...nodes].flatMap(([node, found]) => [
    ...(portals ? [...treesOfPortal(node, found), ...planReplica(node, found, definition)] : []),
    ...pathsOfNode(node, definition),
  ]);
  const all = store === undefined ? trees : [...trees, store.tree];
  const warnings = [...nodes].flatMap(([node, found]) =>
    [
      ...(portals ? found.warnings : portalLeftOut(found)),
      ...(portals ? storeUnchecked(definition, found) : []),
      ...(portals ? storeOfAnotherKind(definition, found) : []),
      ...mountsLeftOut(node, found, all),
    ].map((warning) => `${node}: ${warning}`),
  );
  return {
    trees: all.map((tree) => notCleared(withoutNested(tree, all, nodes), all)),
    storeHolders: store?.holders ?? [],
    warnings,
    doubts: portals ? doubtsAboutDatabase(definition, nodes) : [],
  };
}

/** Such a cluster has no portal: one that runs on the same machines is another's, and none of its business. */
function isPathsAlone({ nodes, database, documentStore, sources }: ClusterDefinition): boolean {
  const namesHome = Object.values(nodes).some(({ liferayHome }) => liferayHome !== undefined);
  return sources.length > 0 && database === undefined && documentStore === undefined && !namesHome;
}

function portalLeftOut({ liferayHome }: InspectNodeResult): string[] {
  if (liferayHome === '') return [];
  return [
    `the portal in ${liferayHome} is not part of the set: cluster.yaml names paths alone; name it as liferayHome to add it`,
  ];
}

/** A portal whose database is not named: its files may be whole, and nobody can say what belongs to them. */
function doubtsAboutDatabase(
  { database }: ClusterDefinition,
  nodes: ReadonlyMap<string, InspectNodeResult>,
): string[] {
  if (database !== undefined) return [];
  return [...nodes]
    .filter(([, { liferayHome }]) => liferayHome !== '')
    .map(([node, { jdbcUrl }]) => `${node}: ${unnamedDatabase(jdbcUrl)}`);
}

/**
 * Hypersonic, which DXP uses unless it is told otherwise, keeps its tables in files below Liferay Home, locked by the
 * portal's own process: nothing outside of it can ask for them as of one moment.
 */
function unnamedDatabase(jdbcUrl: string): string {
  return jdbcUrl === '' || /^jdbc:hsqldb:/i.test(jdbcUrl)
    ? 'the portal seems to keep its rows in Hypersonic, whose files are captured while it writes them: they may be of ' +
        'different moments, and no document was checked; name the database in cluster.yaml, or stop the portal for each set'
    : `the portal's database (${jdbcUrl}) is not part of the set, and no document was checked against it; name it in cluster.yaml`;
}

function storeUnchecked({ documentStore }: ClusterDefinition, found: InspectNodeResult): string[] {
  if (documentStore !== undefined || found.documentStorePath === '') return [];
  return [
    `cluster.yaml names no documentStore: ${found.documentStorePath} is in the set only if it lies in another tree, and is not checked against the database`,
  ];
}

/** System Settings may say otherwise than the files, so the definition is believed; but a wrong one finds no document. */
function storeOfAnotherKind({ documentStore }: ClusterDefinition, found: InspectNodeResult): string[] {
  const { documentStoreKind } = found;
  if (documentStore === undefined || documentStoreKind === '' || documentStoreKind === documentStore.kind)
    return [];
  return [
    `cluster.yaml says that the document store is of kind ${documentStore.kind}, the portal's files say ${documentStoreKind}; where they are right, no document will be found`,
  ];
}

/** A mount point cannot be switched, so no tree captures what is mounted inside it: somebody has to know. */
function mountsLeftOut(node: string, found: InspectNodeResult, trees: readonly PlannedTree[]): string[] {
  const own = trees.filter((tree) => tree.node === node);
  const roots = [...own.map((tree) => tree.path), storeOf(found, trees)];
  const unwanted = own.flatMap((tree) => tree.excludes.map((excluded) => `${tree.path}/${excluded}`));
  return found.mountPoints
    .filter((mount) => roots.some((root) => isBelow(mount, root)) && !roots.includes(mount))
    .filter((mount) => !unwanted.some((excluded) => isBelow(mount, excluded)))
    .map(
      (mount) =>
        `${mount} is another file system and not part of the set; name it as a path source to add it`,
    );
}

/** Where a node sees the store that a tree of the plan captures; empty when none does. */
function storeOf(found: InspectNodeResult, trees: readonly PlannedTree[]): string {
  return trees.some((tree) => tree.kind === 'document-store') ? found.documentStorePath : '';
}

function treesOfPortal(node: string, found: InspectNodeResult): PlannedTree[] {
  const own = { node, clusterWide: false };
  const trees: PlannedTree[] = [];
  if (found.liferayHome !== '') {
    const { homeExcludes: excludes, homeCleared: cleared } = found;
    trees.push({
      ...own,
      name: 'liferay-home',
      kind: 'liferay-home',
      path: found.liferayHome,
      excludes,
      cleared,
    });
    trees.push({ ...own, name: 'environment', kind: 'environment', path: '', excludes: [], cleared: [] });
  }
  const server = found.applicationServerPath;
  if (server !== '') {
    const { applicationServerExcludes: excludes, applicationServerCleared: cleared } = found;
    trees.push({
      ...own,
      name: 'application-server',
      kind: 'application-server',
      path: server,
      excludes,
      cleared,
    });
  }
  return trees;
}

function pathsOfNode(node: string, { sources }: ClusterDefinition): PlannedTree[] {
  return sources
    .filter((source) => source.node === node)
    .map(({ path }) => ({
      name: nameOfPath(path),
      kind: 'path',
      node,
      clusterWide: false,
      path,
      excludes: [],
      cleared: [],
    }));
}

/** `/etc/liferay` is `path-etc-liferay`; where that could be another path's name too, a digest tells them apart. */
function nameOfPath(path: string): string {
  const words = path.split('/').filter((part) => part !== '');
  const name = ['path', ...words.map((word) => word.toLowerCase().replace(/[^a-z0-9]+/g, '-'))].join('-');
  const isOwn = words.length > 0 && words.every((word) => /^[a-z0-9]+$/.test(word));
  return isOwn ? name : `${name}-${createHash('sha256').update(path).digest('hex').slice(0, 8)}`;
}

function planStore(
  definition: ClusterDefinition,
  nodes: ReadonlyMap<string, InspectNodeResult>,
): { tree: PlannedTree; holders: PlannedTree[] } | undefined {
  const declared = definition.documentStore;
  // A store in the database is in its dump.
  if (declared === undefined || declared.kind === 'database') return undefined;
  const seen = [...nodes].filter(([, found]) => found.documentStorePath !== '');
  const holders = seen.map(([node, { documentStorePath }]): PlannedTree => ({
    name: 'document-store',
    kind: 'document-store',
    node,
    clusterWide: true,
    path: documentStorePath,
    excludes: [],
    cleared: [],
  }));
  const [tree] = holders;
  if (tree === undefined) {
    throw new LifeboatError('ROOT_NOT_FOUND', 'no node found the document store', {
      guidance: 'Set documentStore.path in cluster.yaml to the absolute path of the store.',
    });
  }
  if (!declared.shared) assertOneStore(new Map(seen));
  return { tree, holders };
}

/** Nodes of a cluster share one store (DXP facts §2.10): several would mean that all but one are lost. */
function assertOneStore(nodes: ReadonlyMap<string, InspectNodeResult>): void {
  const stores = Map.groupBy(
    nodes,
    ([, { documentStoreIdentity, documentStorePath }]) => documentStoreIdentity || documentStorePath,
  );
  if (stores.size <= 1) return;
  const places = [...nodes].map(([node, { documentStorePath }]) => `${node} ${documentStorePath}`);
  throw new LifeboatError('USAGE', `the nodes have different document stores: ${places.join(', ')}`, {
    guidance:
      'Mount one store on all nodes. If these are mounts of one store that cannot be told so, set documentStore.shared: true in cluster.yaml.',
  });
}

/** Excludes every other tree and mount point that lies below this one on the same node. */
function withoutNested(
  tree: PlannedTree,
  all: readonly PlannedTree[],
  nodes: ReadonlyMap<string, InspectNodeResult>,
): PlannedTree {
  if (tree.path === '') return tree;
  const found = nodes.get(tree.node);
  const others = all.filter((other) => other !== tree && other.node === tree.node).map((other) => other.path);
  const store = found === undefined ? '' : storeOf(found, all);
  const nested = [...others, store, ...(found?.mountPoints ?? [])]
    .filter((path) => path !== tree.path && isBelow(path, tree.path))
    .map((path) => path.slice(tree.path.length).replace(/^\/+/, ''));
  // Agents leave a store out of the tree that it lies in, because it is to be a tree: unless it is none here.
  const ownStore = store === '' ? found?.documentStorePath : undefined;
  const kept = tree.excludes.filter((excluded) => `${tree.path}/${excluded}` !== ownStore);
  return { ...tree, excludes: [...new Set([...kept, ...nested])].sort() };
}

/** What is a tree of its own changes places with it; nothing is emptied there. */
function notCleared(tree: PlannedTree, all: readonly PlannedTree[]): PlannedTree {
  const others = all.filter((other) => other.node === tree.node).map(({ path }) => path);
  return { ...tree, cleared: tree.cleared.filter((path) => !others.includes(`${tree.path}/${path}`)) };
}

function isBelow(path: string, root: string): boolean {
  if (path === '' || root === '') return false;
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);
}
