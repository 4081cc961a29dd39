import { resolveDocuments, StoreContents } from '@lifeboat/dxp';
import { lossesOf, MAX_PINS, type BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';
import { judge, pinAgain } from './pin-again.ts';
import { storeLayout } from './store-tree.ts';

/** A dump takes hours at times: after so many the set says that the structure was changed under it. */
const MOST_DUMPS = 3;

/**
 * The proof: documents and images parsed from the dump's own bytes are resolved once more.
 *
 * @returns the event for another pin when a row is unresolved that one may cure, or the database's structure was changed
 */
export async function proveDump(run: BackupSetRun): Promise<BackupSetEvent | undefined> {
  const { dumped, copies } = run;
  if (run.cluster.definition.documentStore?.kind === 'database') proveStoreInDump(run);
  if (dumped === undefined || copies === undefined || run.round === undefined) return undefined;
  const { documents, images, contents, externalRepositories, ddlDuringDump } = dumped.report;
  run.resolution = resolveDocuments(documents, images, copies, {
    layout: storeLayout(run),
    files: copies.files(),
    contents,
    externalRepositories,
    referenced: copies.references(),
  });
  // No pin cures a row whose path leads nowhere.
  const unresolved = new Set(lossesOf({ ...run.resolution, outsideStore: [] }));
  const verdict = judge(run, unresolved);
  const changed = ddlDuringDump && run.dumps < MOST_DUMPS && run.pins < MAX_PINS;
  if (verdict === 'clean' && !changed) return undefined;
  await pinAgain(run, unresolved);
  // The holds were given back: only a new round can cover the next pin.
  return 'proof-unclean';
}

/** Rows and bytes are of one snapshot: what is missing in it is lost, and no other pin would find it. */
function proveStoreInDump(run: BackupSetRun): void {
  if (run.dumped === undefined) return;
  const { documents, images, contents, storeContents, externalRepositories } = run.dumped.report;
  run.storeContents = new StoreContents(storeContents);
  run.resolution = resolveDocuments(documents, images, run.storeContents, {
    files: run.storeContents.files(),
    contents,
    externalRepositories,
  });
}
