import { LifeboatError } from '@lifeboat/kernel';
import type { RestoreEvent } from '@lifeboat/model';

import { participants, type RestoreRun } from './restore-run.ts';

/** A plan is refused when the world it was made for has changed. */
export async function checkPlan(run: RestoreRun): Promise<RestoreEvent> {
  const { set, plan } = run;
  const roots = new Set(set.document?.captures.map((capture) => capture.root));
  const stale = plan.slices.some((slice) => !roots.has(slice.root) || !run.nodes.has(slice.node));
  if (set.document === null || stale) {
    throw new LifeboatError('PLAN_STALE', `plan ${plan.plan} no longer fits the cluster`, {
      guidance: 'Make a new one: lifeboat restore plan --set SET.',
    });
  }
  return 'plan-current';
}

export async function claimNodes(run: RestoreRun): Promise<RestoreEvent> {
  const { effects } = run.services;
  const offline = participants(run).filter((name) => !effects.agents.isOnline(run.nodes.get(name)!.id));
  if (offline.length > 0) {
    throw new LifeboatError('NODE_OFFLINE', `not connected: ${offline.join(', ')}`, {
      guidance: 'Start lifeboat-agent on these nodes; nothing has been changed.',
    });
  }
  return 'nodes-claimed';
}
