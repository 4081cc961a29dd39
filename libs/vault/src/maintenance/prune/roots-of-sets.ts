import type { ClusterId } from '@lifeboat/kernel';
import type { VaultParts } from '../../parts.ts';
import { readDeletions } from '../../records/set-deletions.ts';
import { listSetDocuments, readSetDocument } from '../../records/set-documents.ts';

export interface SetRoot {
  readonly cluster: ClusterId;
  readonly root: Buffer;
}

/**
 * The manifests that remaining sets name, each once. The vault says which sets there are; the catalog helps where a
 * listing is late. A document that cannot be read ends the prune.
 */
export async function rootsOfSets(parts: VaultParts): Promise<SetRoot[]> {
  const deletions = await readDeletions(parts);
  const names = new Set(await parts.catalog.sets.documentNames());
  for await (const name of listSetDocuments(parts.store, deletions)) names.add(name);
  const roots = new Map<string, SetRoot>();
  for (const name of names) {
    const { document } = await readSetDocument(parts, name);
    const cluster = document.cluster.id as ClusterId;
    for (const { root } of document.captures)
      roots.set(`${cluster}/${root}`, { cluster, root: Buffer.from(root, 'hex') });
  }
  return [...roots.values()];
}
