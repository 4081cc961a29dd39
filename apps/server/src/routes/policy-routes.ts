import { parseOrRefuse, ROUTES, type PolicyView } from '@lifeboat/console-api';
import type { ClusterRow } from '@lifeboat/catalog';
import { LifeboatError } from '@lifeboat/kernel';
import { simulateRetention, type ClusterDefinition, type RetentionPolicy } from '@lifeboat/model';

import type { RouteWork } from '../http/index.ts';
import { changeDefinition } from '../operations/change-definition.ts';
import type { ServerContext } from '../server-context.ts';
import { findCluster } from './find.ts';

type PolicyRoutes = Pick<
  RouteWork,
  | 'getSchedule'
  | 'setSchedule'
  | 'removeSchedule'
  | 'getPolicy'
  | 'setPolicy'
  | 'removePolicy'
  | 'simulatePolicy'
>;

export function policyRoutes(context: ServerContext): PolicyRoutes {
  const { catalog, services, schedules, retention } = context;
  /** Of a cluster that is there. */
  const change = async (name: string, patch: Partial<ClusterDefinition>): Promise<ClusterRow> => {
    const { definition } = await findCluster(catalog, name);
    const { after } = await changeDefinition(services, name, (now) => ({ ...(now ?? definition), ...patch }));
    return after;
  };
  const viewPolicy = async ({ id, name, definition }: ClusterRow): Promise<PolicyView> => ({
    cluster: name,
    policy: (definition.retention ?? null) as PolicyView['policy'],
    ...(await retention.view(id)),
  });
  const carryOut = async (cluster: ClusterRow, allowLarge: boolean): Promise<PolicyView> => {
    await retention.pass(cluster.id, { allowLarge });
    return viewPolicy(cluster);
  };
  return {
    getSchedule: async (_caller, { params }) => schedules.view(await findCluster(catalog, params.cluster)),
    setSchedule: async (_caller, { params, body: schedule }) =>
      schedules.view(await change(params.cluster, { schedule })),
    removeSchedule: async (_caller, { params }) =>
      schedules.view(await change(params.cluster, { schedule: undefined })),
    getPolicy: async (_caller, { params }) => viewPolicy(await findCluster(catalog, params.cluster)),
    setPolicy: async (_caller, { params, body: { policy, allowLarge } }) =>
      carryOut(await change(params.cluster, { retention: policy }), allowLarge),
    removePolicy: async (_caller, { params }) =>
      carryOut(await change(params.cluster, { retention: undefined }), false),
    simulatePolicy: async (_caller, { params, query: { days, ...asked } }) => {
      const cluster = await findCluster(catalog, params.cluster);
      const policy = policyToSimulate(asked, cluster);
      const sets = await retention.sets(cluster.id);
      const { schedule } = cluster.definition;
      const simulation = simulateRetention({ policy, schedule, sets, now: services.clock.now(), days });
      const bySet = new Map(sets.map((set) => [set.id as string, set]));
      return {
        cluster: cluster.name,
        policy: policy as never,
        sets: simulation.now.map(({ set, ...verdict }) => {
          const { sequence, at, guarantee } = bySet.get(set)!;
          return { set, sequence, requestedAt: at.toISOString(), guarantee: guarantee!, ...verdict };
        }),
        days: [...simulation.days],
      };
    },
  };
}

/** The one that is asked about, else the one in force. */
function policyToSimulate(asked: RetentionPolicy, { name, definition }: ClusterRow): RetentionPolicy {
  if (Object.values(asked).some((value) => value !== undefined)) {
    const shape = ROUTES.setPolicy.body.shape.policy;
    return parseOrRefuse(shape, asked, 'the policy', 'Say at least one of the rules with a number above 0.');
  }
  if (definition.retention !== undefined) return definition.retention;
  throw new LifeboatError('USAGE', `cluster ${name} has no policy`, {
    guidance: 'Say which to simulate, for example --keep-last 7 --daily 14.',
  });
}
