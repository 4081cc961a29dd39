import type { VaultParts } from '../parts.ts';
import { listSetDocuments } from '../records/set-documents.ts';
import { deletionsOrFindings } from './deletions-or-findings.ts';

/** Names of the documents of sets that are not deleted: of the vault, and of the catalog, which knows what is gone. */
export async function namesOfSets(parts: VaultParts): Promise<ReadonlySet<string>> {
  const { deletions } = await deletionsOrFindings(parts);
  const names = new Set(await parts.catalog.sets.documentNames());
  for await (const name of listSetDocuments(parts.store, deletions)) names.add(name);
  return names;
}
