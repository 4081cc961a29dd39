import type { BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';
import { judgePin } from './judge-pin.ts';

/** Judges what a look at the rows left open, and remembers it: seen twice, a miss is a loss and not a passing moment. */
export function judge(run: BackupSetRun, unresolved: ReadonlySet<string>): 'clean' | 'pin-again' {
  const verdict = judgePin({
    unresolved,
    before: run.unresolved,
    knownMissing: run.knownMissing,
    pins: run.pins,
  });
  run.unresolved = new Set([...(run.unresolved ?? []), ...unresolved]);
  return verdict;
}

/** Gives the snapshot back so that the next one may be taken. */
export async function pinAgain(run: BackupSetRun, unresolved: ReadonlySet<string>): Promise<BackupSetEvent> {
  run.services.log.info(
    { set: run.set.id, unresolved: unresolved.size, examples: [...unresolved].slice(0, 5), pins: run.pins },
    'pinning again',
  );
  await run.dump?.cancel();
  await run.pin?.release();
  run.dump = undefined;
  run.pin = undefined;
  return 'pin-unclean';
}
