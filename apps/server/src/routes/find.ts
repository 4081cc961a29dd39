import type { Catalog, ClusterRow, RestoreRow, SetRow } from '@lifeboat/catalog';
import { LifeboatError, type RestoreId } from '@lifeboat/kernel';

import { resolveReference } from '../http/index.ts';

export async function findCluster(catalog: Catalog, name: string): Promise<ClusterRow> {
  const cluster = await catalog.clusters.byName(name);
  if (cluster !== undefined) return cluster;
  throw new LifeboatError('NOT_FOUND', `there is no cluster ${name}`, {
    guidance: 'lifeboat cluster list shows the clusters, lifeboat cluster apply makes one.',
  });
}

export async function findSet(catalog: Catalog, reference: string): Promise<SetRow> {
  const set = await catalog.sets.byIdOrPrefix(reference);
  if (set !== undefined) return set;
  const deleted = await catalog.sets.deleted(reference);
  if (deleted !== undefined) {
    const { id, deletedAt, deletedBy, reason } = deleted;
    const why = reason === null ? '' : `: ${reason}`;
    throw new LifeboatError(
      'NOT_FOUND',
      `set ${id} was deleted by ${deletedBy} at ${deletedAt.toISOString()}${why}`,
      { guidance: 'lifeboat set list shows the sets that there are.' },
    );
  }
  throw new LifeboatError('NOT_FOUND', `there is no set ${reference}`, {
    guidance: 'lifeboat set list shows the sets.',
  });
}

export async function findRestore(catalog: Catalog, reference: string): Promise<RestoreRow> {
  const rows = await catalog.restores.list();
  const id = resolveReference(
    'restore',
    reference,
    rows.map((row) => row.id),
  );
  const row = await catalog.restores.get(id as RestoreId);
  if (row === undefined) throw new LifeboatError('NOT_FOUND', `there is no restore ${reference}`);
  return row;
}
