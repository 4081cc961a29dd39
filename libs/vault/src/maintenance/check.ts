import type { PackRow, ProofTotals } from '@lifeboat/catalog';
import type { PackName, ClusterId } from '@lifeboat/kernel';
import { packBlob, packNameOf, PACKS } from '../layout.ts';
import type { VaultParts } from '../parts.ts';
import { ClosureCheck } from '../read/closure.ts';
import { findMissingInCatalog } from '../read/locate-in-catalog.ts';
import { listSetDocuments, readSetDocument } from '../records/set-documents.ts';
import { checkRecords } from './check-records.ts';
import { finding, type Finding } from './finding.ts';
import { deletionsOrFindings } from './deletions-or-findings.ts';
import { LostChunks } from './lost-chunks.ts';
import { chainFindings, linkOf, linksOf, setFinding } from './set-chain.ts';
import type { RenewalReport, RenewOptions } from './prover.ts';
import { verifyPackFrame } from './verify-pack.ts';

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

const PAGE = 500;
const UNKNOWN =
  'the vault has it, the catalog does not know it: what a killed prune left goes with a later one; else run "lifeboat vault reindex"';

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
  const packs = await checkPacks(parts);
  const data = readData && (await checkData(parts, readData.renew, readData.maxMillis, lost));
  // One of its own: a check trusts nothing found good before.
  const closure = new ClosureCheck(
    parts,
    async (cluster, ids) => lost.findAmong(ids) ?? findMissingInCatalog(parts.catalog, cluster, ids),
  );
  const sets = await checkSets(parts, closure);
  const { chunks } = await parts.catalog.chunks.totals();
  const found = [...packs.findings, ...(data?.findings ?? []), ...sets.findings];
  const findings = [...withoutRepeats(found), ...(await checkRecords(parts))];
  return { packs: packs.count, chunks, sets: sets.count, data: data?.report ?? null, findings };
}

async function checkPacks(parts: VaultParts): Promise<{ count: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let count = 0;
  for await (const { name, pack } of closedPacks(parts)) {
    count += 1;
    const found = await checkPack(parts, name, pack);
    // A prune may have deleted it since it was listed.
    if (found.length > 0 && (await parts.catalog.packs.byName(name)) === undefined) continue;
    findings.push(...found);
  }
  for await (const blob of parts.store.list(PACKS)) {
    const name = packNameOf(blob.name);
    if (name !== undefined && (await parts.catalog.packs.byName(name)) !== undefined) continue;
    if ((await parts.store.size(blob.name)) === undefined) continue;
    findings.push(finding(blob.name, 'pack-unknown', UNKNOWN));
  }
  return { count, findings };
}

async function checkPack(parts: VaultParts, name: PackName, pack: PackRow): Promise<Finding[]> {
  const size = await parts.store.size(packBlob(name));
  if (size === undefined)
    return [finding(name, 'pack-missing', 'the catalog knows it, the vault does not have it')];
  const findings =
    size === pack.bytes
      ? []
      : [finding(name, 'pack-damaged', `it has ${size} bytes instead of ${pack.bytes}`)];
  return [...findings, ...(await verifyPackFrame(parts, pack.cluster, name))];
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

/** A pack that is gone is met twice where data is read. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const missing = new Set<string>();
  return findings.filter(({ kind, subject }) => {
    if (kind !== 'pack-missing') return true;
    return !missing.has(subject) && missing.add(subject);
  });
}

async function* closedPacks(parts: VaultParts): AsyncGenerator<{ name: PackName; pack: PackRow }> {
  for (let after = 0n; ;) {
    const page = await parts.catalog.packs.listClosed(after, PAGE);
    for (const pack of page) {
      after = pack.id;
      if (pack.name !== null) yield { name: pack.name, pack };
    }
    if (page.length < PAGE) return;
  }
}

async function checkSets(
  parts: VaultParts,
  closure: ClosureCheck,
): Promise<{ count: number; findings: Finding[] }> {
  const { deletions, findings } = await deletionsOrFindings(parts);
  const links = linksOf(deletions);
  let count = 0;
  for await (const name of listSetDocuments(parts.store, deletions)) {
    count += 1;
    try {
      const stored = await readSetDocument(parts, name);
      links.push(linkOf(name, stored.document, stored.hash));
      const roots = stored.document.captures.map((capture) => Buffer.from(capture.root, 'hex'));
      await closure.assert(stored.document.cluster.id as ClusterId, roots);
    } catch (thrown) {
      findings.push(setFinding(name, thrown));
    }
  }
  return { count, findings: [...findings, ...chainFindings(links)] };
}
