import type { StoreLayout } from '@lifeboat/dxp';

import type { BackupSetRun } from './backup-set-run.ts';
import type { PlannedTree } from './plan-trees.ts';

/** How the cluster's store names what it keeps. */
export function storeLayout({ cluster }: BackupSetRun): StoreLayout {
  return cluster.definition.documentStore?.kind === 'advanced-file-system' ? 'advanced' : 'plain';
}

/** The document store among the set's trees, if the cluster has one. */
export function storeTree(run: BackupSetRun): PlannedTree | undefined {
  return run.trees.find((tree) => tree.kind === 'document-store');
}
