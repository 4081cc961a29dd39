import { messageOf } from '@lifeboat/kernel';
import type { BackupSetEvent } from '@lifeboat/model';

import { isCancelled, type BackupSetRun } from './backup-set-run.ts';
import { releaseHolds } from './hold-and-round.ts';

/**
 * Gives back everything that the set had taken. Whoever cannot be reached undoes by itself: an agent drops a hold
 * at its time budget and when it starts, a database ends a snapshot with its connection, a lease runs out.
 */
export async function undoSet(run: BackupSetRun): Promise<BackupSetEvent> {
  await attempt(run, 'releasing holds', () => releaseHolds(run));
  await attempt(run, 'stopping the dump', async () => run.dump?.cancel());
  await attempt(run, 'closing the snapshot', async () => run.pin?.release());
  run.dump = undefined;
  run.pin = undefined;
  return isCancelled(run) ? 'nothing-owed-after-cancel' : 'nothing-owed';
}

async function attempt(run: BackupSetRun, step: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    run.services.log.warn({ set: run.set.id, step, error: messageOf(error) }, 'undo step failed');
  }
}
