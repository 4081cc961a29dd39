import { createHash } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';
import type { ClusterDefinition, TreeKind } from '@lifeboat/model';
import type { InspectNodeResult } from '@lifeboat/wire';

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
  /** Nodes that see the document store, the one that walks it first; empty without a store. */
  readonly storeHolders: readonly string[];
  readonly warnings: readonly string[];
  /** Why the set cannot be called consistent, one sentence each. */
  readonly doubts: readonly string[];
}

/**
 * Cuts what the nodes hold into disjoint trees (design: bringing a cluster back): a tree leaves out what belongs to
 * a tree nested in it. A store that every node reports at the same path, or that is declared shared, is one tree.
 */
export function planTrees(
  definition: ClusterDefinition,
  nodes: ReadonlyMap<string, InspectNodeResult>,
): TreePlan {
  const store = planStore(definition, nodes);
  const portals = !isPathsAlone(definition);
  const trees = [...nodes].flatMap(([node, found]) => [
    ...(portals ? treesOfPortal(node, found) : []),
    ...pathsOfNode(node, definition),
  ]);
  const all = store === undefined ? trees : [...trees, store.tree];
  const warnings = [...nodes].flatMap(([node, found]) =>
    [
      ...(portals ? found.warnings : portalLeftOut(found)),
      ...(portals ? storeUnchecked(definition, found) : []),
      ...mountsLeftOut(node, found, all),
    ].map((warning) => `${node}: ${warning}`),
  );
  return {
    trees: all.map((tree) => withoutNested(tree, all, nodes)),
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
): { tree: PlannedTree; holders: string[] } | undefined {
  const declared = definition.documentStore;
  if (declared === undefined) return undefined;
  const seen = [...nodes].filter(([, found]) => found.documentStorePath !== '');
  const [first] = seen;
  if (first === undefined) {
    throw new LifeboatError('ROOT_NOT_FOUND', 'no node found the document store', {
      guidance: 'Set documentStore.path in cluster.yaml to the absolute path of the store.',
    });
  }
  const paths = new Set(seen.map(([, found]) => found.documentStorePath));
  if (paths.size > 1 && !declared.shared) {
    throw new LifeboatError(
      'USAGE',
      `the nodes have document stores at different paths: ${[...paths].join(', ')}`,
      {
        guidance: 'If they are mounts of one store, set documentStore.shared: true in cluster.yaml.',
      },
    );
  }
  const [node, found] = first;
  const tree: PlannedTree = {
    name: 'document-store',
    kind: 'document-store',
    node,
    clusterWide: true,
    path: found.documentStorePath,
    excludes: [],
    cleared: [],
  };
  return { tree, holders: seen.map(([name]) => name) };
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

function isBelow(path: string, root: string): boolean {
  if (path === '' || root === '') return false;
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);
}
