import {
  captureExcludes,
  clearedAtRestore,
  discover,
  installationTrees,
  type DxpInstallation,
  type Finding,
  type OutsidePath,
  type TreePath,
} from '@lifeboat/dxp';
import { messageOf } from '@lifeboat/kernel';
import { allowedRoot, type AgentPolicy } from '@lifeboat/restore/agent';

import { fileView } from '../node/file-view.ts';
import type { NamedPlaces } from '../node/named-places.ts';
import { portalProcesses } from '../node/portal-processes.ts';

/** What a set would hold of this node's portal, and why not the rest. Never a secret. */
export interface PortalDiagnosis {
  readonly found: readonly Finding[];
  readonly captured: readonly CapturedTree[];
  readonly skipped: readonly TreePath[];
  readonly cleared: readonly TreePath[];
  readonly outside: readonly OutsidePath[];
  readonly warnings: readonly string[];
}

export interface CapturedTree {
  readonly tree: string;
  readonly path: string;
  /** Why a set could not capture it; null when it can. */
  readonly problem: string | null;
}

/** @throws LifeboatError NOT_FOUND without a portal on this node */
export async function diagnosePortal(policy: AgentPolicy, named: NamedPlaces): Promise<PortalDiagnosis> {
  const installation = discover(fileView, {
    liferayHome: named.liferayHome || homeAmong(policy.roots),
    documentStorePath: named.documentStorePath || undefined,
    processes: portalProcesses(),
  });
  return {
    found: installation.findings,
    captured: await Promise.all(
      installationTrees(installation).map(async ({ tree, path }) => ({
        tree,
        path,
        problem: await problemOf(policy, path),
      })),
    ),
    skipped: captureExcludes(installation),
    cleared: clearedAtRestore(installation),
    outside: installation.outsidePaths,
    warnings: [...installation.warnings, ...unseenProcess(installation)],
  };
}

async function problemOf(policy: AgentPolicy, path: string): Promise<string | null> {
  try {
    await allowedRoot({ ...policy, mayRestore: true }, path);
    return fileView.exists(path) ? null : 'it is not there: not mounted, or not made yet';
  } catch (error) {
    return messageOf(error);
  }
}

function unseenProcess({ processSeen }: DxpInstallation): string[] {
  if (processSeen) return [];
  return [
    "the portal's process was not seen: LIFERAY_* variables and system properties that it is started with are not known; start the portal, and run the agent as root or as the portal's account",
  ];
}

/** The first root is Liferay Home where it looks like one; else the portal's own traces decide. */
function homeAmong([root]: readonly string[]): string | undefined {
  return root !== undefined && (fileView.exists(`${root}/osgi`) || fileView.exists(`${root}/data`))
    ? root
    : undefined;
}

/** The same for people, a fact a line. */
export function portalText(diagnosis: PortalDiagnosis): string {
  const { found, captured, skipped, cleared, outside, warnings } = diagnosis;
  return [
    ...found.map(
      ({ what, value, from }) => `${what}: ${value} (${from.file}${from.line > 0 ? `:${from.line}` : ''})`,
    ),
    ...captured.map(({ tree, path, problem }) =>
      problem === null ? `captured: ${tree} = ${path}` : `cannot be captured: ${tree} = ${path} (${problem})`,
    ),
    ...skipped.map(({ tree, path, reason }) => `not captured: ${tree}/${path} (${reason})`),
    ...outside.map(({ path, what }) => `not captured: ${path} (${what}; name it as a source of kind path)`),
    ...cleared.map(({ tree, path }) => `emptied at a restore: ${tree}/${path}`),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}
