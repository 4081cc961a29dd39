import { randomBytes } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { LifeboatError } from '@lifeboat/kernel';
import type { ClusterKeys } from './key-ring.ts';

const SESSION_KEY_LENGTH = 32;
const ENCAPSULATED_LENGTH = 32;
/** Bytes of a wrapped key: enc(32) ‖ ciphertext(32) ‖ tag(16). */
export const WRAPPED_KEY_LENGTH = 80;
const INFO = arrayBufferOf(new TextEncoder().encode('lifeboat/v1/session-key'));

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** 32 random bytes: the key of one worker thread and one connection, kept in memory only. */
export function createSessionKey(): Buffer {
  return randomBytes(SESSION_KEY_LENGTH);
}

/** HPKE (RFC 9180) base mode, X25519-HKDF-SHA256 with AES-256-GCM: who wraps a key can no longer unwrap it. */
export async function wrapSessionKey(publicKey: Uint8Array, key: Uint8Array): Promise<Buffer> {
  const recipientPublicKey = await suite.kem.importKey('raw', arrayBufferOf(publicKey), true);
  const sealed = await suite.seal({ recipientPublicKey, info: INFO }, arrayBufferOf(key));
  return Buffer.concat([Buffer.from(sealed.enc), Buffer.from(sealed.ct)]);
}

/** @throws DECRYPTION_FAILED when the bytes were not wrapped to this cluster and epoch, or were changed since. */
export async function unwrapSessionKey(keys: ClusterKeys, wrapped: Uint8Array): Promise<Buffer> {
  if (wrapped.length !== WRAPPED_KEY_LENGTH) {
    throw undecipherable(`a wrapped key has ${WRAPPED_KEY_LENGTH} bytes, this one ${wrapped.length}`);
  }
  try {
    const recipientKey = await suite.kem.importKey('raw', arrayBufferOf(keys.privateKey), false);
    const enc = arrayBufferOf(wrapped.subarray(0, ENCAPSULATED_LENGTH));
    const ciphertext = arrayBufferOf(wrapped.subarray(ENCAPSULATED_LENGTH));
    return Buffer.from(await suite.open({ recipientKey, enc, info: INFO }, ciphertext));
  } catch (error) {
    throw undecipherable('a wrapped session key does not open', error);
  }
}

function undecipherable(message: string, cause?: unknown): LifeboatError {
  return new LifeboatError('DECRYPTION_FAILED', message, {
    guidance: 'The server must run with the key file that this vault was written with.',
    cause,
  });
}

/** A copy: the library takes whole ArrayBuffers, and a Buffer is often a view into a shared one. */
function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
