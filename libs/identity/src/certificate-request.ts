import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { LifeboatError } from '@lifeboat/kernel';
import { CERTIFICATE_KEY, CERTIFICATE_SIGNATURE, x509 } from './x509.ts';

/** A request with our key and no extension needs about 400 bytes of PEM. */
const MAX_CSR_LENGTH = 8 * 1024;

/** A fresh P-256 key, which stays where it is made, and the request to certify it. */
export async function createNodeKeyAndCsr(): Promise<{ keyPem: string; csrPem: string }> {
  const keyPem = await createKeyPem();
  return { keyPem, csrPem: await createCsr(keyPem) };
}

/** A request for the key a node already has, for renewal. The subject is empty: the server knows who asks. */
export async function createCsr(keyPem: string): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=lifeboat-node',
    keys: await importKeyPair(keyPem),
    signingAlgorithm: CERTIFICATE_SIGNATURE,
  });
  return request.toString('pem');
}

export async function createKeyPem(): Promise<string> {
  const pair = await webcrypto.subtle.generateKey(CERTIFICATE_KEY, true, ['sign', 'verify']);
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

export async function importKeyPair(keyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(keyPem);
  const pkcs8 = Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' }));
  const spki = Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', pkcs8, CERTIFICATE_KEY, true, ['sign']),
    webcrypto.subtle.importKey('spki', spki, CERTIFICATE_KEY, true, ['verify']),
  ]);
  return { privateKey, publicKey };
}

/**
 * The public key of a request whose sender has proved to hold the private one.
 *
 * @throws PROTOCOL_BREACH when the request cannot be read, is not signed by its own key, or is not for a P-256 key.
 */
export async function verifiedKeyOfCsr(csrPem: string): Promise<CryptoKey> {
  if (csrPem.length > MAX_CSR_LENGTH) throw badRequest('it is too long');
  try {
    const request = new x509.Pkcs10CertificateRequest(csrPem);
    const key = await request.publicKey.export(CERTIFICATE_KEY, ['verify']);
    if (await request.verify()) return key;
  } catch (error) {
    throw badRequest('it cannot be read as a request for an ECDSA P-256 key', error);
  }
  throw badRequest('its signature is not by the key it names');
}

function badRequest(detail: string, cause?: unknown): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `certificate request refused: ${detail}`, {
    guidance: 'Join again with the agent of this release.',
    cause,
  });
}
