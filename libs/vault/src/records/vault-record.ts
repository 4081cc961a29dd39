import { createPublicKey, randomUUID, verify } from 'node:crypto';
import type { BlobStore } from '@lifeboat/blob-store';
import type { KeyRing } from '@lifeboat/identity';
import { isUuid, LifeboatError, systemCodeOf, type Clock, type VaultId } from '@lifeboat/kernel';
import { canonicalJson } from '@lifeboat/vault-format';
import { VAULT_RECORD } from '../layout.ts';

const VERSION = 1;
/** What this release understands of `requires`. */
const KNOWN: ReadonlySet<string> = new Set();

interface VaultRecord {
  readonly id: VaultId;
  readonly version: number;
  readonly requires: readonly string[];
  readonly uses: readonly string[];
  readonly createdAt: string;
  /** Ed25519, base64. */
  readonly publicKey: string;
}

/** What `vault.json` says; undefined in a store that has none. KEY_MISSING when it was made with another key ring. */
export async function readVaultRecord(store: BlobStore, keyRing: KeyRing): Promise<VaultId | undefined> {
  if ((await store.size(VAULT_RECORD)) === undefined) return undefined;
  return checkVaultRecord(await store.get(VAULT_RECORD), keyRing);
}

/** Makes `vault.json`, by the vault's owner: not every store can refuse a second one. `id`: of a vault that had one. */
export async function makeVaultRecord(
  store: BlobStore,
  keyRing: KeyRing,
  clock: Clock,
  id = randomUUID() as string as VaultId,
): Promise<VaultId> {
  const record: VaultRecord = {
    id,
    version: VERSION,
    requires: [],
    uses: [],
    createdAt: clock.now().toISOString(),
    publicKey: Buffer.from(keyRing.signer.publicKey).toString('base64'),
  };
  const signature = Buffer.from(keyRing.signer.sign(Buffer.from(canonicalJson(record)))).toString('base64');
  try {
    await store.put(VAULT_RECORD, Buffer.from(`${canonicalJson({ ...record, signature })}\n`));
  } catch (thrown) {
    // Another process was faster; its record is the one that counts.
    if (systemCodeOf(thrown) !== 'BLOB_EXISTS') throw thrown;
  }
  return checkVaultRecord(await store.get(VAULT_RECORD), keyRing);
}

function checkVaultRecord(bytes: Buffer, keyRing: KeyRing): VaultId {
  const { signature, ...record } = parse(bytes);
  if (
    record.version !== VERSION ||
    !isTextList(record.requires) ||
    !record.requires.every((each) => KNOWN.has(each))
  ) {
    throw new LifeboatError('FORMAT_UNSUPPORTED', 'this vault was written by a newer release', {
      guidance: 'Start a server of that release or later.',
    });
  }
  const ours = Buffer.from(keyRing.signer.publicKey);
  if (record.publicKey !== ours.toString('base64')) {
    throw new LifeboatError('KEY_MISSING', 'this vault was made with another key', {
      guidance:
        'Use the key file of this vault (LIFEBOAT_KEY_FILE of the server, or --key), or its recovery kit.',
    });
  }
  const signed = Buffer.from(canonicalJson(record));
  const sealed = Buffer.from(String(signature), 'base64');
  // Base64 that is read leniently has several spellings of the same bytes.
  if (sealed.toString('base64') !== signature || !verify(null, signed, publicKeyOf(ours), sealed)) {
    throw new LifeboatError('SIGNATURE_INVALID', 'vault.json was changed after it was signed', {
      guidance: 'Put back the original vault.json, for instance from a replica.',
    });
  }
  if (typeof record.id !== 'string' || !isUuid(record.id)) throw unreadable();
  return record.id as VaultId;
}

/** One record has one spelling: its canonical JSON and a line feed. */
function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    const isCanonical = bytes.equals(Buffer.from(`${canonicalJson(value)}\n`));
    if (isCanonical && typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (thrown) {
    throw unreadable(thrown);
  }
  throw unreadable();
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function publicKeyOf(raw: Buffer): ReturnType<typeof createPublicKey> {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
}

function unreadable(cause?: unknown): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', 'vault.json cannot be read', {
    guidance: 'Put back the original vault.json, for instance from a replica.',
    cause,
  });
}
