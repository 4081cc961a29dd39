import type { RestoreRow } from '@lifeboat/catalog';
import { invariant, toErrorReport, toLifeboatError, type ErrorReport } from '@lifeboat/kernel';
import {
  nextRestoreState,
  RESTORE_EFFECTS,
  type RestoreEffect,
  type RestoreEvent,
  type RestoreState,
} from '@lifeboat/model';

import { drive } from '../drive.ts';
import type { Services } from '../services.ts';
import { waitForLease } from '../wait-for-lease.ts';
import { checkPlan, claimNodes } from './check-plan.ts';
import { decide, quiesce, tellDecision } from './decide-restore.ts';
import type { RestoreRun } from './restore-run.ts';
import { stageRestore } from './stage-restore.ts';
import { reopen, switchRestore, verifySwitch } from './switch-restore.ts';
import { rollBackRestore, undoRestore } from './undo-restore.ts';

type Perform = (run: RestoreRun) => Promise<RestoreEvent>;

/** One coordinated restore from request to completed, each step in the file that its function is named for. */
const PERFORM: Record<RestoreEffect, Perform> = {
  'check-plan': checkPlan,
  'claim-nodes': claimNodes,
  stage: stageRestore,
  // The staged trees are verified from disk by the agents, the staged database by its counts: both before they answer.
  'verify-stage': async () => 'stage-verified',
  quiesce,
  decide,
  'tell-decision': tellDecision,
  switch: switchRestore,
  'verify-switch': verifySwitch,
  reopen,
  undo: undoRestore,
  'roll-back': rollBackRestore,
};

/** Drives a restore from the state of its row to rest. */
export async function runRestore(
  services: Services,
  restore: RestoreRow,
  signal: AbortSignal,
): Promise<RestoreState> {
  const run = await openRestoreRun(services, restore);
  const lease = await waitForLease(services, `cluster:${run.cluster.id}`, signal);
  run.epoch = lease.epoch;
  const startedAt = services.clock.monotonic();
  let failure: ErrorReport | undefined;
  try {
    return await drive<RestoreState, RestoreEvent, RestoreEffect>({
      machine: { effects: RESTORE_EFFECTS, next: nextRestoreState },
      from: restore.state,
      persist: (from, to) =>
        services.catalog.restores.update(restore.id, from, to, {
          figures: { millis: Math.round(services.clock.monotonic() - startedAt), ...run.timings },
          ...(failure === undefined ? {} : { failure }),
        }),
      perform: (effect) => PERFORM[effect](run),
      onTrouble: (error) => {
        failure ??= toErrorReport(toLifeboatError(error));
        return 'trouble';
      },
      log: services.log.child({ restore: restore.id, cluster: run.cluster.name }),
    });
  } finally {
    await run.database?.close();
    await lease.release();
  }
}

export async function openRestoreRun(services: Services, restore: RestoreRow): Promise<RestoreRun> {
  const { catalog, effects } = services;
  const cluster = await catalog.clusters.byId(restore.cluster);
  const set = await catalog.sets.get(restore.set);
  invariant(cluster !== undefined && set !== undefined, 'a restore names a cluster and a set of the catalog');
  const rows = await catalog.nodes.list(cluster.id);
  const joined = rows.filter((row) => row.state === 'joined' && row.name in cluster.definition.nodes);
  const definition = cluster.definition.database;
  const wanted = restore.plan.database !== null && definition !== undefined;
  const run: RestoreRun = {
    services,
    restore,
    plan: restore.plan,
    cluster,
    set,
    nodes: new Map(joined.map((row) => [row.name, row])),
    epoch: 0,
    database: undefined,
    timings: { stageMillis: 0, switchMillis: 0 },
  };
  if (wanted) {
    const onBehalfOf = { operation: restore.id, epoch: () => run.epoch };
    run.database = await effects.openDatabase(cluster, definition, onBehalfOf);
  }
  return run;
}
