import { invariant } from '@lifeboat/kernel';
import type { BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';

/** Opens the snapshot, and meanwhile reads the round's manifest back: the index against which rows are resolved. */
export async function pinDatabase(run: BackupSetRun): Promise<BackupSetEvent> {
  const { database, copies, round } = run;
  invariant(database !== undefined && copies !== undefined, 'a set is pinned after its round');
  run.pins += 1;
  const indexing =
    round === undefined
      ? undefined
      : copies.addRound(run.services.vault.manifest(run.cluster.id, round.root));
  try {
    run.pin = await database.pin();
    run.pinnedAt = run.pin.openedAt;
  } finally {
    await indexing;
  }
  return 'snapshot-pinned';
}
