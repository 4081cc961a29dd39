import { randomUUID } from 'node:crypto';
import type { Catalog } from '@lifeboat/catalog';
import type { ClusterId, PlanId, RestoreId, SetId } from '@lifeboat/kernel';
import type { RestorePlan, SetDocument } from '@lifeboat/model';

/** A restore of the set, under way as far as prunes can tell; what ends it. */
export async function beginRestore(
  { plans, restores }: Catalog,
  document: SetDocument,
): Promise<() => Promise<void>> {
  const cluster = document.cluster.id as ClusterId;
  const plan: RestorePlan = {
    plan: randomUUID(),
    set: document.set,
    cluster,
    createdAt: new Date(0).toISOString(),
    slices: [],
    database: null,
    warnings: [],
  };
  await plans.create(plan, cluster);
  const id = randomUUID() as string as RestoreId;
  const set = document.set as SetId;
  await restores.create({ id, plan: plan.plan as PlanId, cluster, set, requestedBy: 'torture' });
  return async () => void (await restores.update(id, 'requested', 'aborted'));
}
