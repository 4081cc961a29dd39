import './reflect-metadata.ts';

import { webcrypto } from 'node:crypto';

/**
 * The one door to the certificate library, set up with Node's own cryptography. It is imported when this module runs,
 * not before: some loaders run CommonJS packages, such as this one, ahead of every statement and import here.
 */
export const x509 = await import('@peculiar/x509');
x509.cryptoProvider.set(webcrypto as unknown as Crypto);

/** Every key of the certificate authority, of the server and of the nodes. */
export const CERTIFICATE_KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const CERTIFICATE_SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
