import type { BlobStore } from '@lifeboat/blob-store';
import { VAULT_RECORD } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import { listLatestControl, putControlBlob, readControl } from '../../records/control-records.ts';
import { makeVaultRecord } from '../../records/vault-record.ts';
import { checkRecords, checkVaultRecord } from '../check-records.ts';
import type { Finding } from '../finding.ts';
import { currentRecord } from './current-record.ts';
import { copyToQuarantine } from './quarantine.ts';
import type { RepairItem } from './repair-report.ts';

export interface RecordMending {
  readonly dryRun: boolean;
  /** Names of what went into the quarantine are added to it. */
  readonly quarantined: string[];
}

/** `vault.json` and control records: written again from what this server and its catalog know. */
export async function mendRecords(parts: VaultParts, mending: RecordMending): Promise<RepairItem[]> {
  const items: RepairItem[] = [];
  for (const found of await checkVaultRecord(parts)) items.push(await mendVaultRecord(parts, mending, found));
  const latest = new Map<string, string>();
  for await (const { name, blob } of listLatestControl(parts)) latest.set(blob, name);
  for (const found of await checkRecords(parts))
    items.push(await mendControl(parts, mending, found, latest.get(found.subject)));
  return items;
}

async function mendVaultRecord(
  parts: VaultParts,
  { dryRun, quarantined }: RecordMending,
  found: Finding,
): Promise<RepairItem> {
  if (found.kind === 'newer-release') return left(found, 'only that release may change it');
  if (!dryRun) {
    await setAside(parts, VAULT_RECORD, quarantined);
    await makeVaultRecord(parts.store, parts.keyRing, parts.clock, parts.id);
  }
  return replaced(found, 'written again, with the vault’s id and key');
}

/**
 * An older version only goes aside. In the place of the latest comes one that says the same, under the same name: were
 * it only moved, the version before it would come back to life. `name`: of the record, where this is its latest version.
 */
async function mendControl(
  parts: VaultParts,
  { dryRun, quarantined }: RecordMending,
  found: Finding,
  name: string | undefined,
): Promise<RepairItem> {
  const { subject, message: wrong } = found;
  if (found.kind === 'newer-release') return left(found, 'only that release may change it');
  if (name === undefined) {
    if (!dryRun) await setAside(parts, subject, quarantined);
    return { subject, wrong, outcome: 'quarantined', detail: 'a later version counts' };
  }
  const copy = parts.replica && (await soundCopy(parts, parts.replica.store, subject));
  if (copy !== undefined) {
    if (!dryRun) {
      await setAside(parts, subject, quarantined);
      await parts.store.put(subject, copy);
    }
    return replaced(found, 'the same bytes, from the replica');
  }
  const plain = await currentRecord(parts.catalog, name);
  if (plain === undefined) return left(found, 'the catalog does not know what it said');
  if (!dryRun) {
    await setAside(parts, subject, quarantined);
    await putControlBlob(parts, subject, plain);
  }
  return replaced(found, 'written again from the catalog');
}

async function soundCopy(parts: VaultParts, store: BlobStore, blob: string): Promise<Buffer | undefined> {
  const isSound = await readControl({ ...parts, store }, blob).then(
    () => true,
    () => false,
  );
  return isSound ? store.get(blob) : undefined;
}

/** The one case in which a name is given anew: what had it lies in the quarantine first. */
export async function setAside(parts: VaultParts, blob: string, quarantined: string[]): Promise<void> {
  if ((await parts.store.size(blob)) === undefined) return;
  quarantined.push(await copyToQuarantine(parts, blob));
  await parts.store.delete(blob);
}

export function left({ subject, message }: Finding, detail: string): RepairItem {
  return { subject, wrong: message, outcome: 'left', detail };
}

export function replaced({ subject, message }: Finding, detail: string): RepairItem {
  return { subject, wrong: message, outcome: 'replaced', detail };
}
