import type { ClusterRow, NodeRow } from '@lifeboat/catalog';
import type { Node } from '@lifeboat/console-api';
import { createJoinToken, hashToken, parseJoinToken } from '@lifeboat/identity';
import { LifeboatError, type NodeId } from '@lifeboat/kernel';

import type { RouteWork } from '../http/index.ts';
import { recordNode } from '../record-node.ts';
import type { ServerContext } from '../server-context.ts';
import { findCluster } from './find.ts';
import { viewNode } from './views.ts';

type NodeRoutes = Pick<RouteWork, 'listNodes' | 'getNode' | 'createNodeToken' | 'revokeNode' | 'join'>;

const DEFAULT_TOKEN_SECONDS = 3600;

export function nodeRoutes(context: ServerContext): NodeRoutes {
  const { catalog, authority, services, hub } = context;
  return {
    listNodes: async (_caller, { params }) => listNodes(context, await findCluster(catalog, params.cluster)),
    getNode: async (_caller, { params }) => {
      const cluster = await findCluster(catalog, params.cluster);
      requireNamed(cluster, params.node);
      return view(context, cluster, params.node, await catalog.nodes.byName(cluster.id, params.node));
    },
    createNodeToken: async (_caller, { params, body }) => {
      const cluster = await findCluster(catalog, params.cluster);
      requireNamed(cluster, params.node);
      const { token, hash } = createJoinToken(authority.fingerprint);
      const lifetime = (body.ttlSeconds ?? DEFAULT_TOKEN_SECONDS) * 1000;
      const expiresAt = new Date(services.clock.now().getTime() + lifetime);
      await catalog.joinTokens.create({ hash, cluster: cluster.id, node: params.node, expiresAt });
      return { token, expiresAt: expiresAt.toISOString() };
    },
    revokeNode: async (_caller, { params }) => {
      const cluster = await findCluster(catalog, params.cluster);
      const row = await catalog.nodes.byName(cluster.id, params.node);
      if (row === undefined) throw new LifeboatError('NOT_FOUND', `node ${params.node} never joined`);
      await catalog.nodes.revoke(cluster.id, row.id);
      hub.disconnect(row.id);
      const revoked = await catalog.nodes.byName(cluster.id, params.node);
      await recordNode(catalog, services.vault, cluster.id, row.id);
      return view(context, cluster, params.node, revoked);
    },
    join: async ({ body }) => {
      parseJoinToken(body.token);
      const { cluster, node } = await catalog.joinTokens.redeem(hashToken(body.token), services.clock.now());
      const before = await catalog.nodes.byName(cluster, node);
      const id = before?.id ?? (services.newId() as NodeId);
      const issued = await authority.signNode(body.csr, { cluster, node: id });
      const row = await catalog.nodes.join({
        id,
        cluster,
        name: node,
        serial: issued.serial,
        machineId: body.machineId,
        notAfter: issued.notAfter,
      });
      await recordNode(catalog, services.vault, cluster, row.id);
      const owner = await catalog.clusters.byId(cluster);
      return {
        certificate: issued.certificatePem,
        ca: authority.pem,
        node,
        cluster: owner?.name ?? '',
        grpc: context.grpcAddress(),
        nodeId: row.id,
        clusterId: cluster,
        notAfter: issued.notAfter.toISOString(),
      };
    },
  };
}

export async function listNodes(context: ServerContext, cluster: ClusterRow): Promise<Node[]> {
  const rows = new Map((await context.catalog.nodes.list(cluster.id)).map((row) => [row.name, row]));
  const names = new Set([...Object.keys(cluster.definition.nodes), ...rows.keys()]);
  return [...names].map((name) => view(context, cluster, name, rows.get(name)));
}

function view(context: ServerContext, cluster: ClusterRow, name: string, row: NodeRow | undefined): Node {
  const { hub } = context;
  return {
    ...viewNode(cluster.name, name, row, row !== undefined && hub.isOnline(row.id)),
    bandwidth: (row && hub.bandwidthOf(row.id)) ?? null,
  };
}

function requireNamed(cluster: ClusterRow, node: string): void {
  if (node in cluster.definition.nodes) return;
  throw new LifeboatError('NOT_FOUND', `cluster ${cluster.name} has no node ${node}`, {
    guidance: 'Add it under nodes in cluster.yaml and run lifeboat cluster apply.',
  });
}
