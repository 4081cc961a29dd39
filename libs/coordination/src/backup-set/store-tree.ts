import type { BackupSetRun } from './backup-set-run.ts';
import type { PlannedTree } from './plan-trees.ts';

/** The document store among the set's trees, if the cluster has one. */
export function storeTree(run: BackupSetRun): PlannedTree | undefined {
  return run.trees.find((tree) => tree.kind === 'document-store');
}
