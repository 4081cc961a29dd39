import { messageOf, systemCodeOf } from '@lifeboat/kernel';
import type { RestoreEvent } from '@lifeboat/model';

import { keepLease } from '../keep-lease.ts';
import { passOn, writeDecision } from './decide-restore.ts';
import { participants, tellAll, tellNode, type RestoreRun } from './restore-run.ts';

/** Before a decision: stages go, fence and guards are lifted, what was stopped is started again. */
export async function undoRestore(run: RestoreRun): Promise<RestoreEvent> {
  await run.database?.unfence();
  await run.database?.discardStaged(run.restore.id);
  await tellAll(run, () => ({ $case: 'abortRestore', value: {} }));
  return 'undone';
}

/**
 * After a decision: a second, higher one sends the whole cluster back to the old data. A restore that got stuck
 * before its decision has nothing to go back from: what it had begun is undone.
 */
export async function rollBackRestore(run: RestoreRun): Promise<RestoreEvent> {
  const row = await run.services.catalog.restores.get(run.restore.id);
  if (row?.decision === null) {
    await undoRestore(run);
    return 'rolled-back';
  }
  run.epoch += 1;
  await passOn(run, await writeDecision(run, 'roll-back'));
  await run.database?.fence();
  await tellAll(run, () => ({ $case: 'rollBackRestore', value: {} }));
  await run.database?.switchBack(run.restore.id);
  await run.database?.discardStaged(run.restore.id);
  await reopenOld(run);
  return 'rolled-back';
}

/** The old data may never have been healthy: every portal is started, and one that is not healthy is only told. */
async function reopenOld(run: RestoreRun): Promise<void> {
  await run.database?.unfence();
  for (const node of participants(run)) {
    try {
      await tellNode(run, node, { $case: 'startPortal', value: {} });
    } catch (error) {
      if (systemCodeOf(error) !== 'HEALTH_FAILED') throw error;
      await run.services.catalog.restores.step(run.restore.id, 'not-healthy', {
        node,
        error: messageOf(error),
      });
    }
  }
}

/** R4: the old data, aside until now, are freed; from here on there is no way back. */
export async function finalizeRestore(run: RestoreRun): Promise<void> {
  // Agents refuse an epoch lower than that of the restore itself.
  const lease = await keepLease(run.services, `cluster:${run.cluster.id}`);
  run.epoch = lease.epoch;
  try {
    await tellAll(run, () => ({ $case: 'finalizeRestore', value: {} }));
    await run.database?.finalize(run.restore.id);
  } finally {
    await run.database?.close();
    await lease.release();
  }
}
