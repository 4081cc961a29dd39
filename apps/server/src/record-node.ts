import type { Catalog } from '@lifeboat/catalog';
import { invariant, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { nodeRecordOf, type Vault } from '@lifeboat/vault';

/** Keeps in the vault what a rebuilt catalog needs to know a node again: after a join, a renewal, a revocation. */
export async function recordNode(
  catalog: Catalog,
  vault: Vault,
  cluster: ClusterId,
  node: NodeId,
): Promise<void> {
  const row = await catalog.nodes.byId(cluster, node);
  invariant(row !== undefined, 'the node has joined');
  await vault.putControl(`nodes/${row.id}`, nodeRecordOf(row));
}
