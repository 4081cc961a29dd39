import type { Catalog } from '@lifeboat/catalog';
import type { ClusterId, NodeId, RestoreId, SetId } from '@lifeboat/kernel';
import { nodeRecordOf, type ClusterRecord } from '../reindex.ts';

/** What the latest version of a control record has to say, as the catalog knows it; undefined: it does not. */
export async function currentRecord(catalog: Catalog, name: string): Promise<unknown> {
  const [kind, id = ''] = name.split('/');
  switch (kind) {
    case 'clusters': {
      const row = await catalog.clusters.byId(id as ClusterId);
      return row && ({ id: row.id, definition: row.definition } satisfies ClusterRecord);
    }
    case 'nodes':
      return nodeRecord(catalog, id as NodeId);
    case 'deletions':
      return catalog.sets.deletion(id as SetId);
    case 'decisions':
      return (await catalog.restores.get(id as RestoreId))?.decision ?? undefined;
    default:
      return undefined;
  }
}

async function nodeRecord(catalog: Catalog, id: NodeId): Promise<unknown> {
  for (const { id: cluster } of await catalog.clusters.list()) {
    const row = await catalog.nodes.byId(cluster, id);
    if (row !== undefined) return nodeRecordOf(row);
  }
  return undefined;
}
