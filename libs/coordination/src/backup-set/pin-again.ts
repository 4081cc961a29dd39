import type { BackupSetEvent } from '@lifeboat/model';

import type { BackupSetRun } from './backup-set-run.ts';
import { judgePin } from './judge-pin.ts';

/** Judges what a look at the rows left open, and remembers since when it is: what stays open is a loss. */
export function judge(run: BackupSetRun, unresolved: ReadonlySet<string>): 'clean' | 'pin-again' {
  const { openSince, knownMissing, pins } = run;
  const now = run.services.clock.monotonic();
  const verdict = judgePin({ unresolved, openSince, now, knownMissing, pins });
  for (const path of unresolved) if (!openSince.has(path)) openSince.set(path, now);
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
