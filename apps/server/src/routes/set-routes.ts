import { LifeboatError } from '@lifeboat/kernel';

import type { RouteWork } from '../http/index.ts';
import { acknowledgeLosses } from '../operations/acknowledge-losses.ts';
import { deleteSet } from '../operations/delete-set.ts';
import type { ServerContext } from '../server-context.ts';
import { browseSet } from './browse-set.ts';
import { diffSets } from './diff-sets.ts';
import { findCluster, findSet } from './find.ts';
import { viewSet } from './views.ts';

type SetRoutes = Pick<
  RouteWork,
  | 'startSet'
  | 'listSets'
  | 'getSet'
  | 'getStatement'
  | 'browseSet'
  | 'diffSets'
  | 'cancelSet'
  | 'acknowledgeLosses'
  | 'deleteSet'
>;

export function setRoutes(context: ServerContext): SetRoutes {
  const { catalog, services, sets } = context;
  return {
    startSet: async (caller, { params }) =>
      viewSet(await sets.start(await findCluster(catalog, params.cluster), caller.name)),
    listSets: async (_caller, { query }) => {
      const cluster = query.cluster === undefined ? undefined : await findCluster(catalog, query.cluster);
      return (await catalog.sets.list(cluster?.id)).map(viewSet);
    },
    getSet: async (_caller, { params }) => {
      const row = await findSet(catalog, params.id);
      const captures = row.document?.captures ?? [];
      return {
        ...viewSet(row),
        captures: [...captures],
        warnings: [...(row.document?.statement.warnings ?? [])],
      };
    },
    getStatement: async (_caller, { params }) => {
      const row = await findSet(catalog, params.id);
      if (row.document === null) {
        throw new LifeboatError(
          'CONFLICT',
          `set ${row.id} is ${row.state}: only a sealed set has a statement`,
        );
      }
      const acknowledged = await catalog.acknowledgements.ofSet(row.id);
      const acknowledgement = acknowledged && {
        ...acknowledged,
        acknowledgedAt: acknowledged.acknowledgedAt.toISOString(),
      };
      return { ...row.document.statement, acknowledgement: acknowledgement ?? null } as never;
    },
    browseSet: async (_caller, { params, query }) =>
      browseSet(context, await findSet(catalog, params.id), query),
    diffSets: async (_caller, { params, query }) =>
      diffSets(context, await findSet(catalog, params.id), await findSet(catalog, params.other), query),
    cancelSet: async (_caller, { params }) => {
      const row = await findSet(catalog, params.id);
      sets.cancel(row.id);
      return viewSet(row);
    },
    acknowledgeLosses: async (caller, { params, body }) => {
      const row = await findSet(catalog, params.id);
      const done = await acknowledgeLosses(services, row, { by: caller.name, reason: body.reason });
      return { ...done, cluster: done.cluster.name, losses: done.losses.length };
    },
    deleteSet: async (caller, { params, body }) => {
      const { id } = await findSet(catalog, params.id);
      const { force, reason = null } = body;
      const deleted = await deleteSet(services, id, { by: caller.name, reason, force });
      return { ...deleted, cluster: deleted.cluster.name };
    },
  };
}
