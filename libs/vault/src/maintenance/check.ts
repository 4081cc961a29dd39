import type { VaultParts } from '../parts.ts';
import { ClosureCheck } from '../read/closure.ts';
import { findMissingInCatalog } from '../read/locate-in-catalog.ts';
import { checkPacks } from './check-packs.ts';
import { checkRecords, checkVaultRecord } from './check-records.ts';
import { checkSets } from './check-sets.ts';
import { withoutRepeats, type Finding } from './finding.ts';
import { LostChunks } from './lost-chunks.ts';

export interface CheckReport {
  readonly packs: number;
  readonly chunks: number;
  readonly sets: number;
  readonly findings: readonly Finding[];
}

/**
 * Looks the whole vault over and changes nothing: packs against catalog, table of every pack, set documents, their
 * chain and their closure; with `readData` every byte of every pack, and what cannot be read breaks the closure of the
 * sets that name it.
 */
export async function checkVault(
  parts: VaultParts,
  options: { readonly readData: boolean },
): Promise<CheckReport> {
  const lost = new LostChunks();
  const packs = await checkPacks(parts, options.readData, lost);
  // One of its own: a check trusts nothing found good before.
  const closure = new ClosureCheck(
    parts,
    async (cluster, ids) => lost.findAmong(ids) ?? findMissingInCatalog(parts.catalog, cluster, ids),
  );
  const sets = await checkSets(parts, closure);
  const { chunks } = await parts.catalog.chunks.totals();
  const records = [...(await checkVaultRecord(parts)), ...(await checkRecords(parts))];
  const findings = withoutRepeats([...packs.findings, ...sets.findings, ...records]);
  return { packs: packs.count, chunks, sets: sets.count, findings };
}
