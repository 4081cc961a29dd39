import type { Catalog } from '@lifeboat/catalog';
import { invariant, type ClusterId, type NodeId } from '@lifeboat/kernel';
import type { NodeRecord, Vault } from '@lifeboat/vault';

/** Keeps in the vault what a rebuilt catalog needs to know a node again: after a join, a renewal, a revocation. */
export async function recordNode(
  catalog: Catalog,
  vault: Vault,
  cluster: ClusterId,
  node: NodeId,
): Promise<void> {
  const row = await catalog.nodes.byId(cluster, node);
  invariant(
    row !== undefined && row.serial !== null && row.certificateNotAfter !== null,
    'the node has joined',
  );
  const record: NodeRecord = {
    id: row.id,
    cluster: row.cluster,
    name: row.name,
    serial: row.serial,
    machineId: row.machineId,
    notAfter: row.certificateNotAfter.toISOString(),
    revoked: row.state === 'revoked',
  };
  await vault.putControl(`nodes/${row.id}`, record);
}
