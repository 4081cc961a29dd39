import { realpathSync } from 'node:fs';
import path from 'node:path';
import {
  captureExcludes,
  clearedAtRestore,
  discover,
  installationTrees,
  type DxpInstallation,
  type InstallationTreeName,
  type OutsidePath,
  type TreePath,
} from '@lifeboat/dxp';
import { bytePath, directoryIdentity, displayPath, mountsBelow } from '@lifeboat/file-tree';
import { systemCodeOf } from '@lifeboat/kernel';
import { InspectNodeResult, type InspectNode } from '@lifeboat/wire';

import { fileView } from './file-view.ts';
import { portalProcesses } from './portal-processes.ts';

/** What there is to back up on this node, by the portal's own rules; what the cluster's definition names wins. */
export function inspectNode(request: InspectNode): InspectNodeResult {
  const found = discoverHere(request);
  if (found === undefined)
    return InspectNodeResult.create({
      ...storeAt(request.documentStorePath),
      findingsJson: '[]',
    });
  const rootOf = (wanted: InstallationTreeName): string =>
    installationTrees(found).find(({ tree }) => tree === wanted)?.path ?? '';
  const [home, server] = [rootOf('liferay-home'), rootOf('application-server')];
  const storePath = request.documentStorePath || rootOf('document-store');
  const excludes = captureExcludes(found);
  const cleared = clearedAtRestore(found);
  return {
    liferayHome: realPath(home),
    applicationServerKind: found.applicationServer?.kind ?? '',
    applicationServerPath: realPath(server),
    documentStoreKind: found.documentStore.kind,
    ...storeAt(storePath),
    jdbcUrl: found.jdbc?.url ?? '',
    jdbcUsername: found.jdbc?.username ?? '',
    warnings: [...found.warnings, ...found.outsidePaths.map(outsideWarning)],
    mountPoints: mountPoints([home, server, storePath]),
    findingsJson: JSON.stringify(found.findings),
    homeExcludes: pathsOf(excludes, 'liferay-home'),
    homeCleared: pathsOf(cleared, 'liferay-home'),
    applicationServerExcludes: pathsOf(excludes, 'application-server'),
    applicationServerCleared: pathsOf(cleared, 'application-server'),
    searchIndexPath: realPath(found.searchIndex.lucenePath ?? ''),
    searchEngines: found.searchIndex.engines.map((engine) => ({ ...engine })),
  };
}

export function outsideWarning({ path, what }: OutsidePath): string {
  return `${what}, ${path}, lies outside Liferay Home and the application server: a set holds it only as a source of kind path`;
}

/** A node without a portal is legal: a cluster may consist of plain paths. */
function discoverHere(request: InspectNode): DxpInstallation | undefined {
  const liferayHome = request.liferayHome === '' ? undefined : request.liferayHome;
  const documentStorePath = request.documentStorePath === '' ? undefined : request.documentStorePath;
  try {
    return discover(fileView, {
      liferayHome,
      documentStorePath,
      searchIndexPath: request.searchIndexPath,
      processes: portalProcesses(),
    });
  } catch (error) {
    if (systemCodeOf(error) === 'NOT_FOUND' && liferayHome === undefined) return undefined;
    throw error;
  }
}

function storeAt(location: string) {
  const documentStorePath = realPath(location);
  const identity = documentStorePath === '' ? undefined : directoryIdentity(documentStorePath);
  return { documentStorePath, documentStoreIdentity: identity ?? '' };
}

function pathsOf(paths: readonly TreePath[], tree: TreePath['tree']): string[] {
  return paths.filter((candidate) => candidate.tree === tree).map((candidate) => candidate.path);
}

/** Trees are compared by path, so each is named by the one without links; what does not exist keeps its name. */
function realPath(location: string): string {
  if (location === '') return '';
  try {
    return realpathSync(location);
  } catch {
    return path.resolve(location);
  }
}

function mountPoints(roots: readonly string[]): string[] {
  const found = roots.filter((root) => root !== '').map(realPath);
  return [
    ...new Set(
      found.flatMap((root) => mountsBelow(bytePath(root)).map((below) => `${root}/${displayPath(below)}`)),
    ),
  ];
}
