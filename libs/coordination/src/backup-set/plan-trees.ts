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
  const trees = [...nodes].flatMap(([node, found]) => treesOfNode(node, found, definition));
  const all = store === undefined ? trees : [...trees, store.tree];
  const warnings = [...nodes].flatMap(([node, found]) =>
    found.warnings.map((warning) => `${node}: ${warning}`),
  );
  return {
    trees: all.map((tree) => withoutNested(tree, all, nodes)),
    storeHolders: store?.holders ?? [],
    warnings,
  };
}

function treesOfNode(node: string, found: InspectNodeResult, definition: ClusterDefinition): PlannedTree[] {
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
  for (const source of definition.sources) {
    if (source.node !== node) continue;
    const name = `path-${source.path
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase()}`;
    trees.push({ ...own, name, kind: 'path', path: source.path, excludes: [], cleared: [] });
  }
  return trees;
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
  const stores = found === undefined || tree.kind === 'document-store' ? [] : [found.documentStorePath];
  const others = all.filter((other) => other !== tree && other.node === tree.node).map((other) => other.path);
  const nested = [...others, ...stores, ...(found?.mountPoints ?? [])]
    .filter((path) => path !== tree.path && isBelow(path, tree.path))
    .map((path) => path.slice(tree.path.length).replace(/^\/+/, ''));
  return { ...tree, excludes: [...new Set([...tree.excludes, ...nested])].sort() };
}

function isBelow(path: string, root: string): boolean {
  if (path === '' || root === '') return false;
  return path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);
}
