import type { ConsoleClient, Node } from '@lifeboat/console-api';
import { LifeboatError } from '@lifeboat/kernel';

/** The nodes of one cluster, or of all. */
export async function listNodes(client: ConsoleClient, cluster: string | undefined): Promise<Node[]> {
  if (cluster !== undefined) return client.call('listNodes', { params: { cluster } });
  const clusters = await client.call('listClusters', {});
  const nodes = await Promise.all(clusters.map(({ cluster: name }) => listNodes(client, name)));
  return nodes.flat();
}

/**
 * The node that `name` (or `cluster/name`) means; without a cluster it must be in one only.
 * @throws LifeboatError NOT_FOUND, USAGE when several clusters have such a node
 */
export async function findNode(
  client: ConsoleClient,
  name: string,
  cluster: string | undefined,
): Promise<Node> {
  const slash = name.indexOf('/');
  if (slash >= 0) return findNode(client, name.slice(slash + 1), name.slice(0, slash));
  if (cluster !== undefined) return client.call('getNode', { params: { cluster, node: name } });
  const [found, another] = (await listNodes(client, undefined)).filter(({ node }) => node === name);
  if (!found)
    throw new LifeboatError('NOT_FOUND', `there is no node ${name}`, { guidance: 'See lifeboat node list.' });
  if (!another) return found;
  throw new LifeboatError('USAGE', `several clusters have a node ${name}`, {
    guidance: 'Say which with --cluster.',
  });
}
