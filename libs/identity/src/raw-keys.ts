import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { invariant } from '@lifeboat/kernel';

/** DER of PKCS#8 up to the 32 key bytes (RFC 8410 §7), by algorithm. */
const PKCS8_PREFIX = {
  x25519: Buffer.from('302e020100300506032b656e04220420', 'hex'),
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
} as const;

const RAW_KEY_LENGTH = 32;

/** A private key from its 32 raw bytes (an Ed25519 seed, an X25519 scalar), which `node:crypto` does not take as they are. */
export function privateKeyFromRaw(algorithm: keyof typeof PKCS8_PREFIX, raw: Uint8Array): KeyObject {
  invariant(raw.length === RAW_KEY_LENGTH, `a raw ${algorithm} key has ${RAW_KEY_LENGTH} bytes`);
  const key = Buffer.concat([PKCS8_PREFIX[algorithm], raw]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** The 32 raw bytes of the public half. */
export function rawPublicKeyOf(privateKey: KeyObject): Buffer {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return Buffer.from(spki.subarray(spki.length - RAW_KEY_LENGTH));
}
