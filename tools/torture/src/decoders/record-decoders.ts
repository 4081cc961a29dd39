import { MemoryBlobStore } from '@lifeboat/blob-store';
import { silentLog } from '@lifeboat/kernel';
import { seededBytes, type SeededRandom } from '@lifeboat/testkit';
import { OfflineVault } from '@lifeboat/vault/offline';
import { canonicalJson, openRecord, sealRecord } from '@lifeboat/vault-format';
import { BREACHES, type Decoder } from './decoder.ts';
import { KEY_RING, KEYS, VAULT } from './keys.ts';

const NAME = 'control/nodes/one-0000000001';
const SIGNING_CONTEXT = 'lifeboat/v1/record\n';

export const RECORD_DECODERS: readonly Decoder[] = [
  {
    name: 'record',
    valid: validRecord,
    mend: (bytes) => signedAnew(bytes, SIGNING_CONTEXT, ''),
    decode: (bytes) =>
      void openRecord(bytes, 'control', KEYS.documentKey, KEY_RING.signer.publicKey, {
        vault: VAULT,
        name: NAME,
      }),
    refusals: BREACHES,
  },
  {
    name: 'vault.json',
    valid: (random) => signedAnew(Buffer.from(JSON.stringify(vaultRecord(random))), '', '\n'),
    mend: (bytes) => signedAnew(bytes, '', '\n'),
    async decode(bytes) {
      const store = new MemoryBlobStore();
      await store.put('vault.json', bytes);
      await OfflineVault.open(store, KEY_RING, silentLog);
    },
    // A changed public key is that of another vault.
    refusals: [...BREACHES, 'KEY_MISSING'],
  },
];

function validRecord(random: SeededRandom): Buffer {
  const plain = { id: 'ä', list: Array.from({ length: random.integer(50) }, (_, at) => ({ at, text: 'x' })) };
  const keys = { documentKey: KEYS.documentKey, nonce: seededBytes(random.next(), 12) };
  return sealRecord('control', plain, keys, KEY_RING.signer, { vault: VAULT, name: NAME });
}

function vaultRecord(random: SeededRandom): Record<string, unknown> {
  return {
    id: VAULT,
    version: 1,
    requires: [],
    uses: random.integer(2) === 0 ? [] : ['later'],
    createdAt: '2026-01-01T00:00:00.000Z',
    publicKey: Buffer.from(KEY_RING.signer.publicKey).toString('base64'),
  };
}

/** Whatever the bytes have become, if they are still JSON, the vault's own signature stands under them. */
function signedAnew(bytes: Buffer, context: string, end: string): Buffer {
  try {
    const { signature: _, ...rest } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    const signed = KEY_RING.signer.sign(Buffer.from(context + canonicalJson(rest)));
    return Buffer.from(canonicalJson({ ...rest, signature: Buffer.from(signed).toString('base64') }) + end);
  } catch {
    return bytes; // no JSON any more: that is what the decoder gets
  }
}
