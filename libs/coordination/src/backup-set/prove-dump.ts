import { resolveDocuments } from '@lifeboat/dxp';
import { MAX_PINS, type BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';
import { lossesOf } from './losses.ts';
import { judge, pinAgain } from './pin-again.ts';

/** A dump takes hours at times: after so many the set says that the structure was changed under it. */
const MOST_DUMPS = 3;

/**
 * The proof: documents and images parsed from the dump's own bytes are resolved once more.
 *
 * @returns the event for another pin when a row is unresolved that one may cure, or the database's structure was changed
 */
export async function proveDump(run: BackupSetRun): Promise<BackupSetEvent | undefined> {
  const { dumped, copies } = run;
  if (dumped === undefined || copies === undefined || run.round === undefined) return undefined;
  const { documents, images, ddlDuringDump } = dumped.report;
  run.resolution = resolveDocuments(documents, images, copies, { files: copies.files() });
  const unresolved = new Set(lossesOf(run.resolution));
  const verdict = judge(run, unresolved);
  const changed = ddlDuringDump && run.dumps < MOST_DUMPS && run.pins < MAX_PINS;
  if (verdict === 'clean' && !changed) return undefined;
  await pinAgain(run, unresolved);
  // The holds were given back: only a new round can cover the next pin.
  return 'proof-unclean';
}
