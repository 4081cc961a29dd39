import { messageOf, systemCodeOf } from '@lifeboat/kernel';
import { CONTROL, VAULT_RECORD } from '../layout.ts';
import type { ReadParts } from '../parts.ts';
import { readControl } from '../records/control-records.ts';
import { readVaultRecord } from '../records/vault-record.ts';
import { damageFinding, finding, type Finding } from './finding.ts';

/** Every version of every control record: the latest counts, but the older ones tell what was decided when. */
export async function checkRecords(parts: ReadParts): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const { name } of parts.store.list(CONTROL)) {
    try {
      await readControl(parts, name);
    } catch (thrown) {
      findings.push(damageFinding(name, 'record-damaged', thrown));
    }
  }
  return findings;
}

/** That `vault.json` still is what this server was started with. */
export async function checkVaultRecord({ id, store, keyRing }: ReadParts): Promise<Finding[]> {
  const damaged = (what: string): Finding[] => [finding(VAULT_RECORD, 'record-damaged', what)];
  try {
    const found = await readVaultRecord(store, keyRing);
    if (found === id) return [];
    return damaged(found === undefined ? 'it is not in the vault' : 'it is that of another vault');
  } catch (thrown) {
    // The key was this vault's when the server started.
    if (systemCodeOf(thrown) === 'KEY_MISSING') return damaged(messageOf(thrown));
    return [damageFinding(VAULT_RECORD, 'record-damaged', thrown)];
  }
}
