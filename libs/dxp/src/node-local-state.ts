import type { DxpInstallation } from './installation.ts';
import { relativePath } from './paths.ts';
import { ELASTICSEARCH_DATA } from './search-index.ts';

/** A path in one of the installation's trees, and why it is treated apart. */
export interface TreePath {
  readonly tree: 'liferay-home' | 'application-server' | 'document-store';
  /** Relative to the tree's root; it may not exist. */
  readonly path: string;
  readonly reason: string;
}

const HOME_CACHES: readonly (readonly [string, string])[] = [
  ['osgi/state', 'module framework cache; made again at each start'],
  ['data/osgi/state', 'module framework cache of 6.2; made again at each start'],
  ['work', 'compiled pages of modules; made again on demand'],
  ['elasticsearch-sidecar', 'unpacked search engine; fetched again'],
  ['elasticsearch7', 'unpacked search engine of 7.3; fetched again'],
];

const SEARCH_DATA = [...ELASTICSEARCH_DATA, 'data/lucene'];
const SEARCH_REASON =
  'search index of this node: it is rebuilt from the restored database, or captured as a tree of its own';

const SERVER_CACHES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  tomcat: [
    ['work', 'compiled pages; made again on demand'],
    ['temp', 'temporary files of a running server'],
  ],
  wildfly: [['standalone/tmp', 'temporary files of a running server']],
  weblogic: [['tmp', 'temporary files of a running server']],
  websphere: [
    ['temp', 'temporary files of a running server'],
    ['wstemp', 'temporary files of a running server'],
  ],
};

/** Caches that must be empty when a restored node starts, else it runs old code or serves an old index (DXP facts §6.1). */
export function clearedAtRestore(installation: DxpInstallation): TreePath[] {
  const search = searchData(installation).map((path) => [path, SEARCH_REASON] as const);
  return [
    ...[...HOME_CACHES, ...search].map(([path, reason]): TreePath => ({
      tree: 'liferay-home',
      path,
      reason,
    })),
    ...serverCaches(installation),
  ];
}

/** What is not captured as part of a tree: caches, and trees of their own that lie inside another tree. */
export function captureExcludes(installation: DxpInstallation): TreePath[] {
  return [...clearedAtRestore(installation), ...nestedTrees(installation)];
}

/** Below Home; indexes that lie elsewhere are in nobody's way. */
function searchData({ liferayHome, searchIndex: { lucenePath } }: DxpInstallation): string[] {
  const named = lucenePath === undefined ? undefined : relativePath(liferayHome, lucenePath);
  return [...new Set([...SEARCH_DATA, ...(named ? [named] : [])])];
}

function serverCaches({ applicationServer }: DxpInstallation): TreePath[] {
  if (applicationServer === undefined) return [];
  const kind = applicationServer.kind === 'jboss-eap' ? 'wildfly' : applicationServer.kind;
  return (SERVER_CACHES[kind] ?? []).map(([path, reason]): TreePath => ({
    tree: 'application-server',
    path,
    reason,
  }));
}

function nestedTrees({ liferayHome, applicationServer, documentStore }: DxpInstallation): TreePath[] {
  const roots = [
    { tree: 'liferay-home', path: liferayHome },
    { tree: 'application-server', path: applicationServer?.path },
    { tree: 'document-store', path: documentStore.path },
  ] as const;
  return roots.flatMap((outer) =>
    roots.flatMap((inner): TreePath[] => {
      if (outer.path === undefined || inner.path === undefined) return [];
      const path = relativePath(outer.path, inner.path);
      if (path === undefined || path === '') return [];
      return [{ tree: outer.tree, path, reason: `captured as the tree ${inner.tree}` }];
    }),
  );
}
