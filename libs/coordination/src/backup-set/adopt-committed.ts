import type { SetId } from '@lifeboat/kernel';

import type { Services } from '../services.ts';

/**
 * S6: the set document in the vault is the commit, whether or not this server lived to hear of it. Where it is there,
 * the set's row becomes sealed; its absence, read from the vault, is what allows the set to fail.
 */
export async function adoptCommitted(
  services: Pick<Services, 'catalog' | 'vault'>,
  set: SetId,
): Promise<boolean> {
  const { catalog, vault } = services;
  for await (const candidate of vault.listSetDocuments()) {
    if (!candidate.includes(set)) continue;
    const document = await vault.getSetDocument(candidate);
    if (document.set !== set) continue;
    // Putting what is there already only tells its name and hash.
    const { name, hash } = await vault.putSetDocument(document);
    const { sequence } = document;
    await catalog.sets.sealed({ id: set, sequence, document, documentName: name, documentHash: hash });
    return true;
  }
  return false;
}
