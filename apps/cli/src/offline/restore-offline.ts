import type { ClusterId } from '@lifeboat/kernel';
import { LifeboatError, toLifeboatError } from '@lifeboat/kernel';
import type { CaptureRecord, SetDocument } from '@lifeboat/model';
import { restoreTrees, TargetDirectory, treeNameOf, type RestoredTree } from '@lifeboat/restore/offline';
import type { OfflineVault } from '@lifeboat/vault/offline';
import type { LocalContext, Outcome } from '../cli.ts';
import { bytesText, countText } from '../output/units.ts';
import { chooseSet } from './choose-set.ts';
import type { OfflineOptions } from './offline-options.ts';
import { openOfflineVault } from './open-offline-vault.ts';
import { readKeyRing } from './read-key-ring.ts';

export interface RestoreOfflineOptions extends OfflineOptions {
  readonly set?: string;
  readonly tree?: string;
  readonly to: string;
}

/** Trees and database dump of a set, written below an empty directory with nothing but vault and key. */
export async function restoreOffline(
  context: LocalContext,
  options: RestoreOfflineOptions,
): Promise<Outcome> {
  const vault = await openOfflineVault(options.vault, await readKeyRing(options), context.warn);
  const { sets, findings } = await vault.sets();
  for (const { subject, message } of findings) context.warn(`${subject}: ${message}`);
  const { document } = chooseSet(sets, options.set);
  const captures = chooseTrees(document, options.tree);
  const target = TargetDirectory.open(options.to);
  try {
    const trees = await restore(context, vault, document, captures, target);
    return outcome(document, trees, options.to);
  } catch (thrown) {
    throw ofSet(document.set, toLifeboatError(thrown));
  } finally {
    target.close();
  }
}

/** What is wrong lies in a pack; what cannot be restored for it is a set. */
function ofSet(set: string, error: LifeboatError): LifeboatError {
  const { code, message, guidance, context } = error;
  return new LifeboatError(code, `set ${set} cannot be restored: ${message}`, {
    guidance,
    context: { ...context, set },
    cause: error,
  });
}

async function restore(
  { progress, warn }: LocalContext,
  vault: OfflineVault,
  document: SetDocument,
  captures: readonly CaptureRecord[],
  target: TargetDirectory,
): Promise<RestoredTree[]> {
  const cluster = await vault.cluster(document.cluster.id as ClusterId, {
    onPack: (packs) => progress.show(`reading the tables of the packs: ${countText(packs)}`, null),
  });
  try {
    const trees = await restoreTrees(
      cluster,
      captures,
      target,
      ({ tree, bytesDone, bytesTotal, entriesDone }) =>
        progress.show(tree, { phase: tree, bytesDone, bytesTotal, entriesDone }),
    );
    for (const { tree, warnings } of trees) for (const warning of warnings) warn(`${tree}: ${warning}`);
    return trees;
  } finally {
    cluster.close();
  }
}

function chooseTrees({ captures, set }: SetDocument, wanted: string | undefined): readonly CaptureRecord[] {
  const chosen = wanted === undefined ? captures : captures.filter((each) => treeNameOf(each) === wanted);
  if (chosen.length > 0 || wanted === undefined) return chosen;
  throw new LifeboatError('NOT_FOUND', `set ${set} has no tree ${wanted}`, {
    guidance: `It has ${captures.map(treeNameOf).join(', ')}.`,
  });
}

function outcome(
  { set, cluster, statement }: SetDocument,
  trees: readonly RestoredTree[],
  to: string,
): Outcome {
  const lines = trees.map(
    ({ tree, entries, bytes }) => `  ${tree}: ${countText(entries)} entries, ${bytesText(bytes)}`,
  );
  const text = [`Set ${set} of ${cluster.name} (${statement.guarantee}) lies in ${to}:`, ...lines].join('\n');
  return { json: { set, cluster: cluster.name, guarantee: statement.guarantee, to, trees }, text };
}
