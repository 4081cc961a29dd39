import { systemCodeOf } from '@lifeboat/kernel';
import type { VaultParts } from '../../parts.ts';
import { bytesOf } from '../../replica/copy-verified.ts';
import { hashOf, readSetDocument, sealAgain } from '../../records/set-documents.ts';
import { finding, type Finding } from '../finding.ts';
import { namesOfSets } from '../names-of-sets.ts';
import { setFinding } from '../set-chain.ts';
import { left, replaced, setAside, type RecordMending } from './mend-records.ts';
import { quarantinedOf } from './quarantine.ts';
import type { RepairItem } from './repair-report.ts';

/**
 * Set documents that cannot be read, or are gone. One comes back only as the very bytes whose hash the catalog and the
 * chain know; else what is there stays in its place, so that the set does not look as if it had never been.
 */
export async function mendSetDocuments(parts: VaultParts, mending: RecordMending): Promise<RepairItem[]> {
  const faults: Finding[] = [];
  for (const name of await namesOfSets(parts)) {
    const found = await faultOf(parts, name);
    if (found !== undefined) faults.push(found);
  }
  const remains = faults.length === 0 ? [] : await remainsOf(parts, faults);
  const items: RepairItem[] = [];
  for (const found of faults) items.push(await mend(parts, mending, found, remains));
  return items;
}

/** What lies under the names of damaged documents, and what lay there before earlier repairs. */
async function remainsOf(parts: VaultParts, faults: readonly Finding[]): Promise<Buffer[]> {
  const remains: Buffer[] = [];
  for (const { subject: name } of faults) {
    if ((await parts.store.size(name)) !== undefined) remains.push(await parts.store.get(name));
    for await (const blob of quarantinedOf(parts, name)) remains.push(await parts.store.get(blob));
  }
  return remains;
}

async function faultOf(parts: VaultParts, name: string): Promise<Finding | undefined> {
  try {
    await readSetDocument(parts, name);
    return undefined;
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'BLOB_NOT_FOUND') return setFinding(name, thrown);
    // It was deleted since it was listed.
    if (!(await parts.catalog.sets.documentNames()).includes(name)) return undefined;
    return finding(name, 'set-missing', 'it is not in the vault');
  }
}

async function mend(
  parts: VaultParts,
  { dryRun, quarantined }: RecordMending,
  found: Finding,
  remains: readonly Buffer[],
): Promise<RepairItem> {
  const { subject: name } = found;
  const row = await parts.catalog.sets.byDocument(name);
  if (row === undefined || row.document === null || row.documentHash === null)
    return left(found, 'the catalog does not know it; put back its bytes from a copy of the vault');
  const { document, documentHash } = row;
  // Its hash says that this is what was written.
  if (await isThere(parts, name, documentHash)) return left(found, 'a newer release wrote it: use that one');
  const copy = parts.replica && (await bytesOf(parts.replica.store, name));
  const isIt = (bytes: Buffer | undefined): boolean => bytes !== undefined && hashOf(bytes) === documentHash;
  const elsewhere = isIt(copy) ? copy : remains.find(isIt);
  const bytes = elsewhere ?? firstOf(remains, (each) => sealAgain(parts, name, document, documentHash, each));
  if (bytes === undefined)
    return left(found, 'its bytes cannot be made again; put them back from a copy of the vault');
  if (!dryRun) {
    await setAside(parts, name, quarantined);
    await parts.store.put(name, bytes);
  }
  const other = isIt(copy) ? 'from the replica' : 'found under another name';
  const from = elsewhere === undefined ? 'made again from the catalog' : other;
  return replaced(found, `the same bytes, ${from}`);
}

async function isThere({ store }: VaultParts, name: string, hash: string): Promise<boolean> {
  return (await store.size(name)) !== undefined && hashOf(await store.get(name)) === hash;
}

function firstOf<T, U>(items: readonly T[], of: (item: T) => U | undefined): U | undefined {
  for (const each of items) {
    const found = of(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
