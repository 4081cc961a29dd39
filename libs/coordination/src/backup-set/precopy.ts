import type { BackupSetEvent } from '@lifeboat/model';

import { captureTree } from './ask-agent.ts';
import { treeKey, type BackupSetRun } from './backup-set-run.ts';
import type { PlannedTree } from './plan-trees.ts';

/** Captures every tree once; nodes work side by side, the trees of one node one after the other. */
export async function precopy(run: BackupSetRun): Promise<BackupSetEvent> {
  await captureAll(run, run.trees);
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
