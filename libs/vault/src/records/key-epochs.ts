import type { BlobStore } from '@lifeboat/blob-store';
import type { KeyRing } from '@lifeboat/identity';
import { LifeboatError } from '@lifeboat/kernel';
import { CONTROL, controlBlob, controlNameOf } from '../layout.ts';
import type { VaultParts } from '../parts.ts';
import { putControl } from './control-records.ts';

const KEY_EPOCHS = 'key-epochs/';
const FIRST_EPOCH = 1;

/** What `key-epochs/<epoch>` holds: that this epoch has begun. The first has none. */
export interface KeyEpochRecord {
  readonly version: 1;
  readonly epoch: number;
  readonly begunAt: string;
}

/**
 * The newest key epoch of which the vault says that it has begun. The names alone tell it: whoever holds an older key could
 * not open the records.
 */
export async function recordedKeyEpoch(store: BlobStore): Promise<number> {
  let newest = FIRST_EPOCH;
  for await (const { name } of store.list(CONTROL + KEY_EPOCHS)) {
    const epoch = Number(controlNameOf(name)?.name.slice(KEY_EPOCHS.length));
    if (Number.isSafeInteger(epoch) && epoch > newest) newest = epoch;
  }
  // A store may list late.
  while ((await store.size(controlBlob(`${KEY_EPOCHS}${newest + 1}`, 1))) !== undefined) newest += 1;
  return newest;
}

/** KEY_MISSING when the vault has seen an epoch that the key ring does not know: an old key file would seal for an old thief. */
export async function assertKnowsEpochs(store: BlobStore, keyRing: KeyRing): Promise<void> {
  const recorded = await recordedKeyEpoch(store);
  if (recorded <= keyRing.epoch) return;
  throw new LifeboatError(
    'KEY_MISSING',
    `this vault is in key epoch ${recorded}, and the key file knows ${keyRing.epoch}`,
    { guidance: 'Put back the newest key file, from a copy or from the recovery kit printed last.' },
  );
}

/** Says in the vault that each epoch of the key ring has begun. Repeating it changes nothing. */
export async function recordKeyEpochs(parts: VaultParts): Promise<void> {
  const recorded = await recordedKeyEpoch(parts.store);
  for (let epoch = recorded + 1; epoch <= parts.keyRing.epoch; epoch += 1) {
    const record: KeyEpochRecord = { version: 1, epoch, begunAt: parts.clock.now().toISOString() };
    await putControl(parts, KEY_EPOCHS + epoch, record);
    parts.log.info({ keyEpoch: epoch }, 'key epoch begun');
  }
}
