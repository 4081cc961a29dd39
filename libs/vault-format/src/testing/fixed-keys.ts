import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { Signer } from '../record/record-envelope.ts';

/** Keys and ids of the golden vectors. For tests. */
export const CONTEXT = { vault: Buffer.alloc(16, 0xaa), cluster: Buffer.alloc(16, 0xbb) };
export const SESSION_KEY = Buffer.alloc(32, 0x11);
export const ID_KEY = Buffer.alloc(32, 0x22);
export const WRAPPED_KEY = Buffer.alloc(80, 0x33);
export const TABLE_KEY = Buffer.alloc(32, 0x44);
export const NONCE = Buffer.alloc(12, 0x55);
export const DOCUMENT_KEY = Buffer.alloc(32, 0x77);

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Ed25519 from a seed of 32 equal bytes. */
export function signerFrom(seedByte: number): Signer {
  const der = Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, seedByte)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url');
  return { publicKey, sign: (bytes) => sign(null, bytes, privateKey) };
}
