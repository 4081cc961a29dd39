import type { BackupSetEvent } from '@lifeboat/model';

import { activeDirectories } from './active-directories.ts';
import { captureTree } from './ask-agent.ts';
import { treeKey, type BackupSetRun } from './backup-set-run.ts';
import type { PlannedTree } from './plan-trees.ts';
import { storeTree } from './store-tree.ts';

/** Captures every tree once; nodes work side by side, the trees of one node one after the other. */
export async function precopy(run: BackupSetRun): Promise<BackupSetEvent> {
  await captureAll(run, run.trees);
  await findActiveDirectories(run);
  return run.database === undefined ? 'precopied-without-database' : 'precopied';
}

export async function captureAll(run: BackupSetRun, trees: readonly PlannedTree[]): Promise<void> {
  const byNode = Map.groupBy(trees, (tree) => tree.node);
  await Promise.all(
    [...byNode.values()].map(async (ofNode) => {
      for (const tree of ofNode)
        run.captures.set(treeKey(tree), { tree, result: await captureTree(run, tree) });
    }),
  );
}

/** Now, and not when the fence is up: it reads the store's whole manifest. */
async function findActiveDirectories(run: BackupSetRun): Promise<void> {
  const store = storeTree(run);
  const capture = store === undefined ? undefined : run.captures.get(treeKey(store));
  if (run.database === undefined || capture === undefined) return;
  const root = Buffer.from(capture.result.root);
  run.activeDirectories = await activeDirectories(run.services.vault.manifest(run.cluster.id, root));
}
