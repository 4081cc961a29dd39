import type { RestoreEvent } from '@lifeboat/model';

import { participants, tellAll, tellNode, type RestoreRun } from './restore-run.ts';

/** Old and new change places: trees entry by entry on every node, the database by its names. */
export async function switchRestore(run: RestoreRun): Promise<RestoreEvent> {
  const startedAt = run.services.clock.monotonic();
  const results = await Promise.allSettled([
    tellAll(run, () => ({ $case: 'switchTrees', value: {} })),
    run.database?.switchTo(run.restore.id),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  run.timings.switchMillis = Math.round(run.services.clock.monotonic() - startedAt);
  return 'all-switched';
}

export async function verifySwitch(run: RestoreRun): Promise<RestoreEvent> {
  await run.database?.probe();
  return 'switch-verified';
}

/** The first node must be healthy before the others start: master election and scheduler settle on one. */
export async function reopen(run: RestoreRun): Promise<RestoreEvent> {
  await run.database?.unfence();
  for (const node of participants(run)) await tellNode(run, node, { $case: 'startPortal', value: {} });
  return 'all-healthy';
}
