import { describe, expect, it, jest } from '@jest/globals';
import { createSessionKey, KeyRing, wrapSessionKey } from '@lifeboat/identity';
import { LifeboatError, type ClusterId } from '@lifeboat/kernel';
import { keyIdOf } from '@lifeboat/vault-format';
import { ClusterKeyChain } from '../cluster-key-chain.ts';
import { assertKeysOpen } from './assert-keys-open.ts';

const cluster = 'c0ffee00-0000-4000-8000-000000000001' as ClusterId;
const rings = [1, 2, 3].map((byte) => Buffer.alloc(32, byte));
const old = KeyRing.fromSecrets(rings.slice(0, 1));
const rotated = KeyRing.fromSecrets(rings.slice(0, 2));
const stranger = KeyRing.fromSecrets(rings.slice(2));

async function wrappedFor(ring: KeyRing): Promise<Buffer> {
  return wrapSessionKey(ring.clusterKeys(cluster).publicKey, createSessionKey());
}

describe('session keys that are announced', () => {
  it('open with the keys of any epoch that has begun', async () => {
    const keys = [await wrappedFor(old), await wrappedFor(rotated)];
    await assertKeysOpen(new ClusterKeyChain(rotated), cluster, keys);
  });

  it.each([
    ['of the only epoch', old],
    ['of two epochs', rotated],
  ])('and do not open with those %s are a breach', async (_, ring) => {
    const keys = [await wrappedFor(stranger)];
    await expect(assertKeysOpen(new ClusterKeyChain(ring), cluster, keys)).rejects.toMatchObject({
      code: 'PROTOCOL_BREACH',
      cause: expect.objectContaining({ code: 'DECRYPTION_FAILED' }),
    });
  });

  it('are no breach when they could not be looked at', async () => {
    const chain = new ClusterKeyChain(old);
    jest.spyOn(chain, 'unwrap').mockRejectedValue(new LifeboatError('KEY_MISSING', 'no key file'));
    const refused = assertKeysOpen(chain, cluster, [await wrappedFor(old)]);
    await expect(refused).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });
});

describe('a chain of keys', () => {
  it('remembers a bounded number of session keys, the newest', async () => {
    const chain = new ClusterKeyChain(old);
    const wrapped = await wrappedFor(old);
    for (let count = 0; count <= 4096; count += 1) {
      await chain.unwrap(cluster, `key ${count}`, wrapped);
    }
    expect(chain.sessionKey('key 0')).toBeUndefined();
    expect(chain.sessionKey('key 4096')).toEqual(
      await chain.unwrap(cluster, keyIdOf(wrapped).toString('hex'), wrapped),
    );
  });
});
