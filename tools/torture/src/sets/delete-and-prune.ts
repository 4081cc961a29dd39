import type { SetDeletion, SetDocument } from '@lifeboat/model';
import type { PruneOptions, PruneReport, Vault } from '@lifeboat/vault';

/** What it takes to delete a set whose document is this. */
export function deletionOf(document: SetDocument, hash: string): SetDeletion {
  const { set, cluster, sequence, previous, requestedAt, requestedBy, sealedAt, statement } = document;
  const was = { previous, requestedAt, requestedBy, sealedAt, guarantee: statement.guarantee };
  const deleted = { deletedAt: new Date(0).toISOString(), deletedBy: 'torture', reason: null };
  return { version: 1, set, cluster, sequence, hash, ...was, ...deleted };
}

/** A prune as eager as one can be, unless said otherwise: no grace, and every pack rewritten that holds a dead byte. */
export function prune(vault: Vault, options: Partial<PruneOptions> = {}): Promise<PruneReport> {
  const { signal } = new AbortController();
  const eager = { dryRun: false, graceMillis: 0, deadShare: Number.MIN_VALUE, allowLarge: true, signal };
  return vault.prune({ ...eager, ...options });
}

/** Prunes until there is nothing left to do: two runs delete, orphans go with the next. */
export async function pruneAll(vault: Vault): Promise<void> {
  for (let run = 0; run < 4; run += 1) await prune(vault);
}
