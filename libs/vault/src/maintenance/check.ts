import type { ProofTotals } from '@lifeboat/catalog';
import type { VaultParts } from '../parts.ts';
import { ClosureCheck } from '../read/closure.ts';
import { findMissingInCatalog } from '../read/locate-in-catalog.ts';
import { checkPacks } from './check-packs.ts';
import { checkRecords, checkVaultRecord } from './check-records.ts';
import { checkSets } from './check-sets.ts';
import { withoutRepeats, type Finding } from './finding.ts';
import { LostChunks } from './lost-chunks.ts';
import type { RenewalReport, RenewOptions } from './prover.ts';

export interface CheckReport {
  readonly packs: number;
  readonly chunks: number;
  readonly sets: number;
  readonly findings: readonly Finding[];
}

/** Of a vault that is served. */
export interface ServedCheckReport extends CheckReport {
  /** Null when no data was read. */
  readonly data: DataReport | null;
}

export interface DataReport extends RenewalReport, Pick<ProofTotals, 'unproved' | 'oldestProof'> {
  /** Not read by this check. */
  readonly left: ProofTotals['left'];
}

type Renew = (options: RenewOptions) => Promise<RenewalReport>;

/**
 * Looks the whole vault over: packs against catalog, table of every pack, set documents, their chain and their closure.
 * Nothing is changed but when packs were proved: with `readData` their data is read, those proved longest ago first, and
 * what cannot be read breaks the closure of the sets that name it.
 */
export async function checkVault(
  parts: VaultParts,
  readData: { readonly renew: Renew; readonly maxMillis: number | undefined } | undefined,
): Promise<ServedCheckReport> {
  const lost = new LostChunks();
  const packs = await checkPacks(parts, lost);
  const data = readData && (await checkData(parts, readData.renew, readData.maxMillis, lost));
  // One of its own: a check trusts nothing found good before.
  const closure = new ClosureCheck(
    parts,
    async (cluster, ids) => lost.findAmong(ids) ?? findMissingInCatalog(parts.catalog, cluster, ids),
  );
  const sets = await checkSets(parts, closure);
  const { chunks } = await parts.catalog.chunks.totals();
  const records = [...(await checkVaultRecord(parts)), ...(await checkRecords(parts))];
  const findings = withoutRepeats([
    ...packs.findings,
    ...(data?.findings ?? []),
    ...sets.findings,
    ...records,
  ]);
  return { packs: packs.count, chunks, sets: sets.count, data: data?.report ?? null, findings };
}

async function checkData(
  { catalog, clock }: VaultParts,
  renew: Renew,
  maxMillis: number | undefined,
  lost: LostChunks,
): Promise<{ report: DataReport; findings: Finding[] }> {
  const findings: Finding[] = [];
  const began = clock.now();
  const read = await renew({
    maxMillis,
    onBad: (found, chunks) => {
      findings.push(...found);
      lost.add(chunks);
    },
  });
  return { report: { ...read, ...(await catalog.packs.proofTotals(began)) }, findings };
}
