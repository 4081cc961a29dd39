import type { SetId } from '@lifeboat/kernel';
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
 * the set's row becomes sealed; its absence, read from the vault, is what allows the set to fail.
 */
export async function adoptCommitted(
  services: Pick<Services, 'catalog' | 'vault'>,
  set: SetId,
): Promise<boolean> {
  const { vault } = services;
  for await (const candidate of vault.listSetDocuments()) {
    if (!candidate.includes(set)) continue;
    const document = await vault.getSetDocument(candidate);
    if (document.set !== set) continue;
    await commitDocument(services, set, document);
    return true;
  }
  return false;
}
