import type { ClusterRow } from '@lifeboat/catalog';
import type { ClusterSummary } from '@lifeboat/console-api';
import { isUnfinished } from '@lifeboat/model';

import type { RouteWork } from '../http/index.ts';
import { changeDefinition, withWhatIsUnsaid } from '../operations/change-definition.ts';
import type { ServerContext } from '../server-context.ts';
import { findCluster } from './find.ts';
import { listNodes } from './node-routes.ts';
import { viewSet } from './views.ts';

type ClusterRoutes = Pick<RouteWork, 'applyCluster' | 'listClusters' | 'getCluster'>;

export function clusterRoutes(context: ServerContext): ClusterRoutes {
  const { catalog, services } = context;
  return {
    applyCluster: async (_caller, { body: definition }) => {
      const { before, after } = await changeDefinition(services, definition.cluster, (present) =>
        withWhatIsUnsaid(definition, present),
      );
      return {
        cluster: after.name,
        clusterId: after.id,
        created: before === undefined,
      };
    },
    listClusters: async () =>
      Promise.all((await catalog.clusters.list()).map((row) => summarize(context, row))),
    getCluster: async (_caller, { params }) => {
      const row = await findCluster(catalog, params.cluster);
      const summary = await summarize(context, row);
      return {
        ...summary,
        nodes: await listNodes(context, row),
        definition: row.definition as never,
        activity: await activityOf(context, row),
      };
    },
  };
}

async function summarize({ catalog }: ServerContext, row: ClusterRow): Promise<ClusterSummary> {
  const [last] = await catalog.sets.list(row.id, 1);
  return {
    cluster: row.name,
    clusterId: row.id,
    nodes: Object.keys(row.definition.nodes),
    createdAt: row.createdAt.toISOString(),
    lastSet: last === undefined ? null : viewSet(last),
  };
}

async function activityOf({ catalog }: ServerContext, row: ClusterRow) {
  const [set] = (await catalog.sets.list(row.id, 1)).filter((candidate) => isUnfinished(candidate.state));
  if (set !== undefined) return { kind: 'set' as const, id: set.id, state: set.state };
  const restore = (await catalog.restores.unfinished()).find((candidate) => candidate.cluster === row.id);
  return restore === undefined ? null : { kind: 'restore' as const, id: restore.id, state: restore.state };
}
