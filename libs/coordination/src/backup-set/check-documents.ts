import { invariant } from '@lifeboat/kernel';
import type { BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';
import { releaseHolds } from './hold-and-round.ts';
import { proveDump } from './prove-dump.ts';
import { judge, pinAgain } from './pin-again.ts';
import { lookUpRows, resolveRows } from './resolve-rows.ts';
import { storeTree } from './store-tree.ts';

/**
 * Pin, check, then dump: every row of the snapshot gets its bytes into the vault before the dump is worth taking.
 * Working copies first: they are few and the first to go, and where one is gone the next pin need not wait for the rest.
 * Where no tree holds documents there is nothing to look at: those in the database are of the snapshot itself.
 */
export async function checkDocuments(run: BackupSetRun): Promise<BackupSetEvent> {
  invariant(run.pin !== undefined, 'documents are checked after the pin');
  if (storeTree(run) === undefined) return 'documents-resolved';
  const copies = run.pin.workingCopies();
  const gone = copies === undefined ? new Set<string>() : await lookUpRows(run, copies);
  if (judge(run, gone) === 'pin-again') return pinAgain(run, gone);
  // Where the dump opens its own snapshot every row is looked at there, and what had gone before it was looked at now.
  if (copies !== undefined && !run.pin.isSnapshot) return 'documents-resolved';
  const unresolved = await resolveRows(run, run.pin.documents());
  if (judge(run, unresolved) === 'pin-again') return pinAgain(run, unresolved);
  return 'documents-resolved';
}

/** Starts the dump; where it opens a snapshot of its own, the rows are read and resolved inside it before it goes on. */
export async function dumpDatabase(run: BackupSetRun): Promise<BackupSetEvent> {
  invariant(run.pin !== undefined, 'the dump is taken at the pin');
  run.dump = run.pin.dump();
  // Whoever fails first tells; the other side must not become an unhandled rejection meanwhile.
  run.dump.finished.catch(() => undefined);
  const secondLook = await Promise.race([run.dump.secondLook, failureOf(run.dump.finished)]);
  if (secondLook !== undefined && storeTree(run) !== undefined) {
    const unresolved = await resolveRows(run, secondLook);
    if (judge(run, unresolved) === 'pin-again') return pinAgain(run, unresolved);
  }
  run.dump.goOn();
  // Every row known to this point has its bytes in the vault: holding files any longer serves nothing.
  await releaseHolds(run);
  run.dumped = await run.dump.finished;
  run.dumps += 1;
  await run.pin.release();
  run.pin = undefined;
  return (await proveDump(run)) ?? 'dumped';
}

function failureOf(finished: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => finished.catch(reject));
}
