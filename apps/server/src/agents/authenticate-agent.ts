import type { Catalog } from '@lifeboat/catalog';
import { nodeOfCertificate } from '@lifeboat/identity';
import { LifeboatError } from '@lifeboat/kernel';

import type { AgentPeer } from './agent-hub.ts';

/** Judged on every call: the certificate is ours by TLS, its node is in the catalog, its serial is the current one. */
export async function authenticateAgent(catalog: Catalog, certificateDer: Buffer): Promise<AgentPeer> {
  const certified = nodeOfCertificate(certificateDer);
  const cluster = await catalog.clusters.byId(certified.cluster);
  const node = await catalog.nodes.byId(certified.cluster, certified.node);
  if (cluster === undefined || node === undefined) {
    // After the loss of its catalog it knows nobody until it is rebuilt: its agents are to go on asking.
    if (await catalog.nodes.isEmpty()) throw knowsNobody();
    throw new LifeboatError(
      'FOREIGN_CLUSTER',
      'the certificate names a node that this server does not know',
      {
        guidance: 'Join the node again with a new token (lifeboat node token).',
      },
    );
  }
  if (node.state === 'revoked' || !(await catalog.nodes.isCurrent(cluster.id, node.id, certified.serial))) {
    throw new LifeboatError(
      'CERTIFICATE_REVOKED',
      `the certificate of node ${node.name} is not valid any more`,
      {
        guidance: 'If the node is still yours, join it again with a new token (lifeboat node token).',
      },
    );
  }
  return { cluster, node };
}

function knowsNobody(): LifeboatError {
  return new LifeboatError(
    'UNREACHABLE',
    'the server knows no node at all: its catalog is new, or was lost',
    {
      guidance: 'If the catalog was lost, run "lifeboat vault reindex" on the server.',
    },
  );
}
