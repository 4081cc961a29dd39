import type { ClusterRow, NodeRow, RestoreRow, SetRow } from '@lifeboat/catalog';
import { invariant } from '@lifeboat/kernel';
import type { RestorePlan, RestoreSlice } from '@lifeboat/model';

import type { Outcome, Work } from '../agent-gateway.ts';
import { askNode } from '../ask-node.ts';
import type { DatabaseOperator } from '../database-operator.ts';
import type { Services } from '../services.ts';

/** One restore on its way. What a later effect needs is in the catalog's row, so that a restart can go on. */
export interface RestoreRun {
  readonly services: Services;
  readonly restore: RestoreRow;
  readonly plan: RestorePlan;
  readonly cluster: ClusterRow;
  readonly set: SetRow;
  readonly nodes: ReadonlyMap<string, NodeRow>;
  epoch: number;
  database: DatabaseOperator | undefined;
  readonly timings: { stageMillis: number; switchMillis: number };
}

/** Names of the nodes that take part, in the plan's order: the first is started first. */
export function participants(run: RestoreRun): string[] {
  return Object.keys(run.cluster.definition.nodes).filter((name) => run.nodes.has(name));
}

export function slicesOf(run: RestoreRun, node: string): RestoreSlice[] {
  return run.plan.slices.filter((slice) => slice.node === node);
}

export function tellNode(run: RestoreRun, node: string, work: Work): Promise<Outcome> {
  const row = run.nodes.get(node);
  invariant(row !== undefined, `node ${node} takes part in the restore`);
  return askNode(run.services, { node: row.id, operation: run.restore.id, epoch: run.epoch }, work);
}

/** The same command to every participant at once; all are waited for, the first failure is thrown. */
export async function tellAll(run: RestoreRun, work: (node: string) => Work): Promise<Outcome[]> {
  const results = await Promise.allSettled(participants(run).map((node) => tellNode(run, node, work(node))));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<Outcome>).value);
}
