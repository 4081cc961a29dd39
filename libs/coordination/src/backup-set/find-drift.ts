import { buffer } from 'node:stream/consumers';
import {
  describeDrift,
  differingKeys,
  driftGroupOf,
  isConfigurationText,
  lostLines,
  type DriftFile,
} from '@lifeboat/dxp';
import { messageOf } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';

import { treeKey, type BackupSetRun, type TreeCapture } from './backup-set-run.ts';

/** A file of those that should be equal, as two captures have it. */
interface Pair {
  readonly path: string;
  readonly before: ManifestEntry | undefined;
  readonly after: ManifestEntry | undefined;
}

const MOST_LINES = 10;

/**
 * In what nodes that should be equal are not, and lines that a `web.xml` has lost since the previous set: warnings of the
 * statement. Read from manifests alone, and from the few texts in which they differ. It never fails a set: what is
 * found here is about the portal's configuration, not about what the set holds.
 */
export async function findDrift(run: BackupSetRun): Promise<string[]> {
  try {
    return [...(await driftBetweenNodes(run)), ...(await lostOfWebXml(run))];
  } catch (error) {
    return [`nodes were not compared with each other and with the previous set: ${messageOf(error)}`];
  }
}

async function driftBetweenNodes(run: BackupSetRun): Promise<string[]> {
  const [first, ...others] = run.nodes.keys();
  if (first === undefined) return [];
  const warnings: string[] = [];
  for (const other of others) {
    const files: DriftFile[] = [];
    for (const [tree, capture] of portalTrees(run, first)) {
      const twin = run.captures.get(treeKey({ node: other, name: tree }));
      if (twin === undefined) continue;
      for (const pair of await pairsThatDiffer(run, rootOf(capture), rootOf(twin)))
        files.push(...(await driftOf(run, pair)));
    }
    warnings.push(...describeDrift(first, other, files));
  }
  return warnings;
}

async function driftOf(run: BackupSetRun, { path, before, after }: Pair): Promise<DriftFile[]> {
  if (before === undefined || after === undefined)
    return [{ path, on: before === undefined ? 'other' : 'first' }];
  if (!isText(path, before, after) || path.endsWith('.xml')) return [{ path, on: 'both' }];
  const keys = differingKeys(path, await textOf(run, before), await textOf(run, after));
  return keys?.length === 0 ? [] : [{ path, on: 'both', keys }];
}

async function lostOfWebXml(run: BackupSetRun): Promise<string[]> {
  const previous = await run.services.catalog.sets.latestKept(run.cluster.id);
  const document = previous?.document;
  if (previous === undefined || !document) return [];
  const warnings: string[] = [];
  for (const node of run.nodes.keys()) {
    const pairs: Pair[] = [];
    for (const [tree, capture] of portalTrees(run, node)) {
      const old = document.captures.find((record) => record.node === node && record.tree === tree);
      if (old !== undefined)
        pairs.push(...(await pairsThatDiffer(run, Buffer.from(old.root, 'hex'), rootOf(capture))));
    }
    const isPatched = pairs.some(({ path }) => driftGroupOf(path) === 'patch level');
    for (const { path, before, after } of pairs) {
      if (driftGroupOf(path) !== 'web.xml' || before === undefined || after === undefined) continue;
      if (!isText(path, before, after)) continue;
      const lost = lostLines(await textOf(run, before), await textOf(run, after));
      if (lost.length > 0) warnings.push(lossOf(node, path, lost, { isPatched, set: previous.id }));
    }
  }
  return warnings;
}

function lossOf(
  node: string,
  path: string,
  lost: readonly string[],
  { isPatched, set }: { isPatched: boolean; set: string },
): string {
  const shown = lost.slice(0, MOST_LINES).join(' | ');
  const more = lost.length > MOST_LINES ? ` and ${lost.length - MOST_LINES} more` : '';
  const how = isPatched ? 'was overwritten by a patch' : 'was changed';
  return `${node}: ${path} ${how} since set ${set}; compare (lifeboat set diff) and put back what is missed of the lines it lost: ${shown}${more}`;
}

function portalTrees(run: BackupSetRun, node: string): [string, TreeCapture][] {
  const own = [...run.captures.values()].filter(({ tree }) => tree.node === node);
  return own
    .filter(({ tree: { kind } }) => kind === 'liferay-home' || kind === 'application-server')
    .map((capture) => [capture.tree.name, capture]);
}

function rootOf({ result }: TreeCapture): Buffer {
  return Buffer.from(result.root);
}

/** Of what should be equal, and in what counts: times and owners do not. */
async function pairsThatDiffer(run: BackupSetRun, before: Buffer, after: Buffer): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for await (const difference of run.services.vault.diff(run.cluster.id, { before, after })) {
    const path = difference.path.toString('utf8');
    if (difference.change === 'same' || driftGroupOf(path) === undefined) continue;
    if (difference.change === 'changed' && !difference.aspects.some((aspect) => COUNTS.has(aspect))) continue;
    const pair = {
      path,
      before: difference.change === 'added' ? undefined : difference.before,
      after: difference.change === 'removed' ? undefined : difference.after,
    };
    if (pair.before?.type !== 'directory' && pair.after?.type !== 'directory') pairs.push(pair);
  }
  return pairs;
}

const COUNTS: ReadonlySet<string> = new Set(['type', 'content', 'target']);

function isText(path: string, before: ManifestEntry, after: ManifestEntry): boolean {
  return [before, after].every(({ type, size }) => type === 'file' && isConfigurationText(path, size));
}

async function textOf(run: BackupSetRun, entry: ManifestEntry): Promise<string> {
  return (await buffer(run.services.vault.readFile(run.cluster.id, entry))).toString('utf8');
}
