import type { BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';
import { findDrift } from './find-drift.ts';
import { releaseHolds } from './hold-and-round.ts';
import { storeTree } from './store-tree.ts';
import { captureAll } from './precopy.ts';
import { sealedStore } from './sealed-store.ts';

/**
 * The store's sealed manifest is built from what the rows at T need; every other tree gets its last complete pass,
 * close to T.
 */
export async function closeCaptures(run: BackupSetRun): Promise<BackupSetEvent> {
  await releaseHolds(run);
  await Promise.all([captureAll(run, lastPassTrees(run)), sealStore(run)]);
  run.warnings.push(...(await findDrift(run)));
  return 'captures-closed';
}

function lastPassTrees(run: BackupSetRun) {
  if (run.database === undefined) return [];
  return run.trees.filter((tree) => tree.kind !== 'document-store');
}

async function sealStore(run: BackupSetRun): Promise<void> {
  const { round, copies, resolution, services } = run;
  if (storeTree(run) === undefined || round === undefined || copies === undefined || resolution === undefined)
    return;
  const { vault, effects } = services;
  const entries = sealedStore(() => vault.manifest(run.cluster.id, round.root), copies, resolution);
  run.sealedStore = await effects.writeManifest(run.cluster.id, entries);
}
