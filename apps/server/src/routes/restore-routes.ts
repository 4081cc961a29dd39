import { LifeboatError, type PlanId } from '@lifeboat/kernel';

import type { RouteWork } from '../http/index.ts';
import type { ServerContext } from '../server-context.ts';
import { findCluster, findRestore, findSet } from './find.ts';
import { viewRestore } from './views.ts';

type RestoreRoutes = Pick<
  RouteWork,
  | 'createPlan'
  | 'getPlan'
  | 'startRestore'
  | 'listRestores'
  | 'getRestore'
  | 'rollBackRestore'
  | 'finalizeRestore'
>;

export function restoreRoutes(context: ServerContext): RestoreRoutes {
  const { catalog, restores } = context;
  return {
    createPlan: async (_caller, { body }) => {
      const set = await findSet(catalog, body.set);
      const plan = await restores.plan(await findCluster(catalog, set.clusterName), set, body.keep);
      return plan as never;
    },
    getPlan: async (_caller, { params }) => {
      const plan = await catalog.plans.get(params.id as PlanId);
      if (plan === undefined) throw new LifeboatError('NOT_FOUND', `there is no plan ${params.id}`);
      return plan as never;
    },
    startRestore: async (caller, { body }) =>
      viewRestore(await restores.start(body.plan as PlanId, caller.name)),
    listRestores: async (_caller, { query }) => {
      const cluster = query.cluster === undefined ? undefined : await findCluster(catalog, query.cluster);
      return (await catalog.restores.list(cluster?.id)).map(viewRestore);
    },
    getRestore: async (_caller, { params }) => {
      const row = await findRestore(catalog, params.id);
      const steps = row.steps.map(({ at, step, detail }) => ({ at: at.toISOString(), step, detail }));
      return { ...viewRestore(row), steps };
    },
    rollBackRestore: async (_caller, { params }) =>
      viewRestore(await restores.rollBack(await findRestore(catalog, params.id))),
    finalizeRestore: async (_caller, { params }) =>
      viewRestore(await restores.finalize(await findRestore(catalog, params.id))),
  };
}
