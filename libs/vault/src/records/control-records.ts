import { systemCodeOf } from '@lifeboat/kernel';
import { openRecord, sealRecord } from '@lifeboat/vault-format';
import { withAnyEpoch } from '../cluster-key-chain.ts';
import { CONTROL, controlBlob, controlNameOf } from '../layout.ts';
import type { ReadParts, VaultParts } from '../parts.ts';

const KIND = 'control';
const ATTEMPTS = 100;

/** What it takes to read records. */
export type RecordParts = Pick<ReadParts, 'id' | 'store' | 'keyRing'>;

/** A new version of the record `name`; older ones stay. The version is counted, never taken from a clock. */
export async function putControl(parts: VaultParts, name: string, plain: unknown): Promise<void> {
  let counter = 1;
  for await (const blob of parts.store.list(`${CONTROL}${name}-`)) {
    const found = controlNameOf(blob.name);
    if (found?.name === name) counter = Math.max(counter, found.counter + 1);
  }
  for (const last = counter + ATTEMPTS; ; counter += 1) {
    try {
      return await putControlBlob(parts, controlBlob(name, counter), plain);
    } catch (thrown) {
      // Someone wrote this version meanwhile: ours is the next.
      if (systemCodeOf(thrown) !== 'BLOB_EXISTS' || counter >= last) throw thrown;
    }
  }
}

/** This very version of a record. BLOB_EXISTS. */
export async function putControlBlob(parts: VaultParts, blob: string, plain: unknown): Promise<void> {
  const keys = { documentKey: parts.keyRing.controlKey(), nonce: parts.random(12) };
  const binding = { vault: parts.id, name: blob };
  await parts.store.put(blob, sealRecord(KIND, plain, keys, parts.keyRing.signer, binding));
}

/** The latest version of every control record, in name order. SIGNATURE_INVALID, FORMAT_DAMAGED. */
export async function* listControl(
  parts: RecordParts,
  prefix = '',
): AsyncGenerator<{ name: string; plain: unknown }> {
  for await (const { name, blob } of listLatestControl(parts, prefix))
    yield { name, plain: await readControl(parts, blob) };
}

/** Where the latest version of every control record lies, in name order. */
export async function* listLatestControl(
  parts: RecordParts,
  prefix = '',
): AsyncGenerator<{ name: string; blob: string }> {
  const latest = new Map<string, number>();
  for await (const blob of parts.store.list(CONTROL + prefix)) {
    const found = controlNameOf(blob.name);
    if (found !== undefined) latest.set(found.name, Math.max(found.counter, latest.get(found.name) ?? 0));
  }
  for (const [name, counter] of [...latest].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield { name, blob: controlBlob(name, await newest(parts, name, counter)) };
  }
}

/** A store may list late, and an old version must not come back to life: a newer one answers to its name. */
async function newest(parts: RecordParts, name: string, listed: number): Promise<number> {
  let counter = listed;
  while ((await parts.store.size(controlBlob(name, counter + 1))) !== undefined) counter += 1;
  return counter;
}

/** The first version of a record that is written once; undefined while nobody has. */
export async function findControl(parts: RecordParts, name: string): Promise<unknown> {
  const blob = controlBlob(name, 1);
  return (await parts.store.size(blob)) === undefined ? undefined : readControl(parts, blob);
}

/** SIGNATURE_INVALID, DECRYPTION_FAILED, FORMAT_DAMAGED, BLOB_NOT_FOUND. */
export async function readControl(parts: RecordParts, blob: string): Promise<unknown> {
  const { keyRing, id: vault } = parts;
  const bytes = await parts.store.get(blob);
  return withAnyEpoch(keyRing, 'of control records', (epoch) =>
    openRecord(bytes, KIND, keyRing.controlKey(epoch), keyRing.signer.publicKey, { vault, name: blob }),
  );
}
