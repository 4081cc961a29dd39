import type { DxpInstallation } from './installation.ts';
import { relativePath } from './paths.ts';
import { ELASTICSEARCH_DATA } from './search-index.ts';

export type InstallationTreeName = 'liferay-home' | 'application-server' | 'document-store';

/** A path in one of the installation's trees, and why it is treated apart. */
export interface TreePath {
  readonly tree: InstallationTreeName;
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

const TEMPORARY = 'temporary files of a running server';
const SERVER_CACHES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  tomcat: [
    ['work', 'compiled pages; made again on demand'],
    ['temp', TEMPORARY],
  ],
  wildfly: [['standalone/tmp', TEMPORARY]],
  weblogic: [['tmp', TEMPORARY]],
  websphere: [
    ['temp', TEMPORARY],
    ['wstemp', TEMPORARY],
  ],
};

/** Folders of a WebLogic server below `servers/<name>`. */
const INSTANCE_CACHES: readonly (readonly [string, string])[] = [
  ['tmp', TEMPORARY],
  ['cache', 'unpacked applications; made again at each start'],
];

/** Trees of an installation with their roots. Where Home is the server's folder too (WebLogic), it is one tree. */
export function installationTrees({
  liferayHome,
  applicationServer,
  documentStore,
}: Pick<DxpInstallation, 'liferayHome' | 'applicationServer' | 'documentStore'>): {
  readonly tree: InstallationTreeName;
  readonly path: string;
}[] {
  const server = applicationServer?.path;
  const store = documentStore.path;
  return [
    { tree: 'liferay-home', path: liferayHome },
    ...(server === undefined || server === liferayHome
      ? []
      : [{ tree: 'application-server', path: server } as const]),
    ...(store === undefined ? [] : [{ tree: 'document-store', path: store } as const]),
  ];
}

/** Caches that must be empty when a restored node starts, else it runs old code or serves an old index (DXP facts §6.1). */
export function clearedAtRestore(installation: DxpInstallation): TreePath[] {
  const search = searchData(installation).map((path) => [path, SEARCH_REASON] as const);
  return [
    ...treePaths('liferay-home', [...HOME_CACHES, ...movedState(installation), ...search]),
    ...serverCaches(installation),
  ];
}

/** What is not captured as part of a tree: caches, and trees of their own that lie inside another tree. */
export function captureExcludes(installation: DxpInstallation): TreePath[] {
  return [...clearedAtRestore(installation), ...nestedTrees(installation)];
}

/** The module framework's cache where properties put it somewhere else in Home. */
function movedState({ liferayHome, moduleFramework }: DxpInstallation): [string, string][] {
  const path = relativePath(liferayHome, moduleFramework.state);
  if (path === undefined || path === '' || path === 'osgi/state') return [];
  return [[path, 'module framework cache; made again at each start']];
}

/** Below Home; indexes that lie elsewhere are in nobody's way. */
function searchData({ liferayHome, searchIndex: { lucenePath } }: DxpInstallation): string[] {
  const named = lucenePath === undefined ? undefined : relativePath(liferayHome, lucenePath);
  return [...new Set([...SEARCH_DATA, ...(named ? [named] : [])])];
}

function serverCaches({ liferayHome, applicationServer }: DxpInstallation): TreePath[] {
  if (applicationServer === undefined) return [];
  const { kind, path, instances = [] } = applicationServer;
  const caches = [
    ...(SERVER_CACHES[kind === 'jboss-eap' ? 'wildfly' : kind] ?? []),
    ...instances.flatMap((instance) =>
      INSTANCE_CACHES.map(([name, reason]) => [`${instance}/${name}`, reason] as const),
    ),
  ];
  return treePaths(path === liferayHome ? 'liferay-home' : 'application-server', caches);
}

function nestedTrees(installation: DxpInstallation): TreePath[] {
  const trees = installationTrees(installation);
  return trees.flatMap((outer) =>
    trees.flatMap((inner): TreePath[] => {
      const path = relativePath(outer.path, inner.path);
      if (path === undefined || path === '') return [];
      return [{ tree: outer.tree, path, reason: `captured as the tree ${inner.tree}` }];
    }),
  );
}

function treePaths(tree: InstallationTreeName, paths: readonly (readonly [string, string])[]): TreePath[] {
  return paths.map(([path, reason]) => ({ tree, path, reason }));
}
