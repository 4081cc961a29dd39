import type { ClusterId, SetId } from '@lifeboat/kernel';
import type { SetDocument } from '@lifeboat/model';

import type { Services } from '../services.ts';

/** The commit: the document goes into the vault (putting what is there already only tells its name and hash), then its row. */
export async function commitDocument(
  { catalog, vault }: Pick<Services, 'catalog' | 'vault'>,
  set: SetId,
  document: SetDocument,
): Promise<void> {
  const { name, hash } = await vault.putSetDocument(document);
  const { sequence } = document;
  await catalog.sets.sealed({ id: set, sequence, document, documentName: name, documentHash: hash });
}

/**
 * S6: the set document in the vault is the commit, whether or not this server lived to hear of it. Where it is there,
 * the set's row becomes sealed; its absence, read from the vault, is what allows the set to fail. It is asked for by
 * its name, for a listing may be late.
 */
export async function adoptCommitted(
  services: Pick<Services, 'catalog' | 'vault'>,
  { id, cluster }: { readonly id: SetId; readonly cluster: ClusterId },
): Promise<boolean> {
  const { catalog, vault } = services;
  const latest = await catalog.sets.latestSealed(cluster);
  if (latest?.id === id) return true;
  const document = await vault.findSetDocument(cluster, (latest?.sequence ?? 0) + 1, id);
  if (document === undefined) return false;
  await commitDocument(services, id, document);
  return true;
}
