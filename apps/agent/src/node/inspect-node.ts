import { realpathSync } from 'node:fs';
import path from 'node:path';
import {
  captureExcludes,
  clearedAtRestore,
  discover,
  type DxpInstallation,
  type TreePath,
} from '@lifeboat/dxp';
import { bytePath, displayPath, mountsBelow } from '@lifeboat/file-tree';
import { systemCodeOf } from '@lifeboat/kernel';
import { InspectNodeResult, type InspectNode } from '@lifeboat/wire';

import { fileView } from './file-view.ts';
import { portalProcesses } from './portal-processes.ts';

/** What there is to back up on this node, by the portal's own rules; what the cluster's definition names wins. */
export function inspectNode(request: InspectNode): InspectNodeResult {
  const found = discoverHere(request);
  if (found === undefined)
    return InspectNodeResult.create({
      documentStorePath: realPath(request.documentStorePath),
      findingsJson: '[]',
    });
  const { applicationServer, documentStore, jdbc, searchIndex } = found;
  const storePath = request.documentStorePath || (documentStore.path ?? '');
  const excludes = captureExcludes(found);
  const cleared = clearedAtRestore(found);
  return {
    liferayHome: realPath(found.liferayHome),
    applicationServerKind: applicationServer?.kind ?? '',
    applicationServerPath: realPath(applicationServer?.path ?? ''),
    documentStoreKind: documentStore.kind,
    documentStorePath: realPath(storePath),
    jdbcUrl: jdbc?.url ?? '',
    jdbcUsername: jdbc?.username ?? '',
    warnings: [...found.warnings],
    mountPoints: mountPoints([found.liferayHome, applicationServer?.path ?? '', storePath]),
    findingsJson: JSON.stringify(found.findings),
    homeExcludes: pathsOf(excludes, 'liferay-home'),
    homeCleared: pathsOf(cleared, 'liferay-home'),
    applicationServerExcludes: pathsOf(excludes, 'application-server'),
    applicationServerCleared: pathsOf(cleared, 'application-server'),
    searchIndexPath: realPath(searchIndex.lucenePath ?? ''),
    searchEngines: searchIndex.engines.map((engine) => ({ ...engine })),
  };
}

/** A node without a portal is legal: a cluster may consist of plain paths. */
function discoverHere(request: InspectNode): DxpInstallation | undefined {
  const liferayHome = request.liferayHome === '' ? undefined : request.liferayHome;
  try {
    return discover(fileView, {
      liferayHome,
      searchIndexPath: request.searchIndexPath,
      processes: portalProcesses(),
    });
  } catch (error) {
    if (systemCodeOf(error) === 'NOT_FOUND' && liferayHome === undefined) return undefined;
    throw error;
  }
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
