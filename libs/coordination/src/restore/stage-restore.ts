import { invariant } from '@lifeboat/kernel';
import type { DatabaseRecord, RestoreEvent } from '@lifeboat/model';

import { stageOf } from './plan-restore.ts';
import { participants, slicesOf, tellNode, type RestoreRun } from './restore-run.ts';

/** New data beside the old, on every node and in the database, all at once; the portal still runs. */
export async function stageRestore(run: RestoreRun): Promise<RestoreEvent> {
  const startedAt = run.services.clock.monotonic();
  const results = await Promise.allSettled([
    ...participants(run).map((node) => stageNode(run, node)),
    stageDatabase(run),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  run.timings.stageMillis = Math.round(run.services.clock.monotonic() - startedAt);
  return 'all-staged';
}

async function stageNode(run: RestoreRun, node: string): Promise<void> {
  for (const slice of slicesOf(run, node)) {
    await tellNode(run, node, { $case: 'stageTree', value: { ...stageOf(slice), dryRun: false } });
  }
}

async function stageDatabase(run: RestoreRun): Promise<void> {
  const { plan, database, set, restore } = run;
  if (plan.database === null || database === undefined) return;
  const root = Buffer.from(plan.database.root, 'hex');
  const { warnings } = await database.load(root, restore.id, expectedOf(set.document?.database));
  for (const warning of warnings)
    run.services.log.warn({ restore: restore.id, warning }, 'the database was loaded');
}

function expectedOf(record: DatabaseRecord | null | undefined): Readonly<Record<string, number>> {
  invariant(record !== null && record !== undefined, 'a set with a dump says what is in it');
  const { counts, caseMode } = record;
  return { ...counts, ...(caseMode === undefined ? {} : { caseMode }) };
}
