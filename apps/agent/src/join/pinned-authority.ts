import { createHash } from 'node:crypto';
import tls, { type DetailedPeerCertificate } from 'node:tls';
import { LifeboatError, messageOf } from '@lifeboat/kernel';

const TIMEOUT_MILLIS = 15_000;

/**
 * Fetches the server's certificate authority and accepts it only under the fingerprint that the join token carries.
 * Nothing is sent on this connection: it only brings the certificate with which the real one is verified.
 *
 * @returns the authority, PEM
 * @throws UNREACHABLE, CERTIFICATE_UNKNOWN_CA
 */
export async function fetchPinnedAuthority(url: URL, fingerprint: string): Promise<string> {
  const port = url.port === '' ? 443 : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const chain = await presentedChain(host, port);
  const authority = chain.find((der) => createHash('sha256').update(der).digest('hex') === fingerprint);
  if (authority === undefined) {
    throw new LifeboatError(
      'CERTIFICATE_UNKNOWN_CA',
      `${url.host} is not the server that this token was made by`,
      {
        guidance:
          'Check the address. If it is right, somebody may be between this node and the server: do not go on.',
      },
    );
  }
  const lines = authority.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function presentedChain(host: string, port: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    // Unverified on purpose: what is presented here is judged by its fingerprint alone.
    const socket = tls.connect({ host, port, rejectUnauthorized: false, timeout: TIMEOUT_MILLIS }, () => {
      const chain: Buffer[] = [];
      let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      while (certificate?.raw !== undefined && !chain.some((der) => der.equals(certificate!.raw))) {
        chain.push(certificate.raw);
        certificate = certificate.issuerCertificate;
      }
      socket.destroy();
      resolve(chain);
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer in time')));
    socket.on('error', (error) =>
      reject(
        new LifeboatError('UNREACHABLE', `${host}:${port} cannot be reached: ${messageOf(error)}`, {
          cause: error,
          guidance:
            'Check the address and that lifeboat-server listens there (its console port, 9440 by default).',
        }),
      ),
    );
  });
}
