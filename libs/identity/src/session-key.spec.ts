import { describe, expect, it } from '@jest/globals';
import type { ClusterId } from '@lifeboat/kernel';
import { KeyRing } from './key-ring.ts';
import { createSessionKey, unwrapSessionKey, WRAPPED_KEY_LENGTH, wrapSessionKey } from './session-key.ts';

const CLUSTER = '01234567-89ab-4def-8123-456789abcdef' as ClusterId;
const secret = (first: number) => Uint8Array.from({ length: 32 }, (_, index) => first + index);
const ring = KeyRing.fromSecrets([secret(0), secret(32)]);
const keys = ring.clusterKeys(CLUSTER, 1);

// Wrapped by this release; every release must open it.
const GOLDEN_KEY = Buffer.alloc(32, 0x5a);
const GOLDEN_WRAPPED =
  'f45a9ee85079e0249890579ec362644929dd74be8a0e85d0b998429eee17dd28232f21757516dff3bc8df926d0db1854d84533baf9807f9a28d922e8586b0e29f494fecc9a3ecd73dd8ef22b339a0340';

describe('a wrapped session key', () => {
  it('opens with the private key of its cluster and epoch, and with no other', async () => {
    const key = createSessionKey();
    const wrapped = await wrapSessionKey(keys.publicKey, key);
    expect(wrapped).toHaveLength(WRAPPED_KEY_LENGTH);
    expect(await unwrapSessionKey(keys, wrapped)).toEqual(key);
    await expect(unwrapSessionKey(ring.clusterKeys(CLUSTER, 2), wrapped)).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    });
  });

  it('is different each time it is wrapped', async () => {
    const key = createSessionKey();
    expect(await wrapSessionKey(keys.publicKey, key)).not.toEqual(await wrapSessionKey(keys.publicKey, key));
  });

  it('from an earlier release still opens', async () => {
    expect(await unwrapSessionKey(keys, Buffer.from(GOLDEN_WRAPPED, 'hex'))).toEqual(GOLDEN_KEY);
  });

  it('does not open when a bit has changed or bytes are missing', async () => {
    const wrapped = await wrapSessionKey(keys.publicKey, createSessionKey());
    for (const at of [0, 31, 32, WRAPPED_KEY_LENGTH - 1]) {
      const changed = Buffer.from(wrapped);
      changed[at]! ^= 1;
      await expect(unwrapSessionKey(keys, changed)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    }
    for (const length of [0, 31, 79]) {
      await expect(unwrapSessionKey(keys, wrapped.subarray(0, length))).rejects.toMatchObject({
        code: 'DECRYPTION_FAILED',
      });
    }
  });
});
