import { invariant } from '@lifeboat/kernel';
import type { BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';

/** Opens the snapshot: this is T, if the check finds the bytes of every row. */
export async function pinDatabase(run: BackupSetRun): Promise<BackupSetEvent> {
  const { database, copies } = run;
  invariant(database !== undefined && copies !== undefined, 'a set is pinned after its round');
  run.pins += 1;
  run.pin = await database.pin();
  run.pinnedAt = run.pin.openedAt;
  return 'snapshot-pinned';
}
