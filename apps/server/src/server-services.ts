import { hashToken } from '@lifeboat/identity';
import { messageOf } from '@lifeboat/kernel';

import type { KeptAnswer, RouteWork, ServerServices } from './http/index.ts';
import { clusterRoutes } from './routes/cluster-routes.ts';
import { nodeRoutes } from './routes/node-routes.ts';
import { policyRoutes } from './routes/policy-routes.ts';
import { restoreRoutes } from './routes/restore-routes.ts';
import { setRoutes } from './routes/set-routes.ts';
import { vaultRoutes } from './routes/vault-routes.ts';
import type { ServerContext } from './server-context.ts';

/** What the HTTP layer asks of the server, answered from its parts. */
export function serverServices(context: ServerContext): ServerServices {
  const { catalog, metrics } = context;
  const routes: RouteWork = {
    ...clusterRoutes(context),
    ...nodeRoutes(context),
    ...setRoutes(context),
    ...restoreRoutes(context),
    ...policyRoutes(context),
    ...vaultRoutes(context),
  };
  return {
    routes,
    authenticate: async (token) => {
      const principal = await catalog.principals.byTokenHash(hashToken(token));
      return principal === undefined ? undefined : { name: principal.name, role: principal.role };
    },
    audit: async (record) => {
      const cluster = record.cluster === null ? undefined : await catalog.clusters.byName(record.cluster);
      await catalog.audit.append({ ...record, cluster: cluster?.id ?? null });
    },
    once: (principal, key, work) => catalog.idempotency.once<KeptAnswer>(principal, key, work),
    ready: async () => {
      try {
        await catalog.ping();
        return { ready: true, problems: [] };
      } catch (error) {
        return { ready: false, problems: [`catalog: ${messageOf(error)}`] };
      }
    },
    metrics: () => metrics.text(),
  };
}
