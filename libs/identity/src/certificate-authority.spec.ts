import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Clock, ClusterId, NodeId } from '@lifeboat/kernel';
import { CertificateAuthority } from './certificate-authority.ts';
import { createCsr, createNodeKeyAndCsr } from './certificate-request.ts';
import { nodeOfCertificate } from './node-certificate.ts';

const DAY = 24 * 60 * 60 * 1000;
/** OpenSSL's ways of saying that the chain does not end in an authority one trusts. */
const UNTRUSTED = /UNABLE_TO_|SELF_SIGNED|CERT_SIGNATURE_FAILURE/;
const subject = { cluster: randomUUID() as ClusterId, node: randomUUID() as NodeId };

function clockAt(time: Date): Clock {
  return { now: () => time, monotonic: () => 0 };
}
const clock: Clock = { now: () => new Date(), monotonic: () => 0 };

let directory: string;
let ca: CertificateAuthority;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-ca-'));
  ca = await CertificateAuthority.open(join(directory, 'ca'), clock);
});
afterAll(() => rm(directory, { recursive: true }));

interface Handshake {
  readonly protocol: string | null;
  /** The client certificate as the server saw it, DER. */
  readonly peer: Buffer;
}

/** One TLS connection between a server and a client; rejects as either side refuses the other. */
async function handshake(options: {
  server: { keyPem: string; certificatePem: string; trusts: string };
  client: { keyPem?: string; certificatePem?: string; trusts: string; host?: string };
}): Promise<Handshake> {
  const { server, client } = options;
  const listener = createServer({
    key: server.keyPem,
    cert: server.certificatePem,
    ca: server.trusts,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const accepted = new Promise<Handshake>((resolve, reject) => {
    listener.once('tlsClientError', reject);
    listener.once('secureConnection', (socket: TLSSocket) => {
      resolve({ protocol: socket.getProtocol(), peer: socket.getPeerCertificate().raw });
      socket.end();
    });
  });
  const socket = connect({
    port: (listener.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: client.host ?? 'localhost',
    ca: client.trusts,
    ...(client.keyPem === undefined ? {} : { key: client.keyPem }),
    ...(client.certificatePem === undefined ? {} : { cert: client.certificatePem }),
  });
  const refused = new Promise<never>((_, reject) => socket.once('error', reject));
  try {
    return await Promise.race([accepted, refused]);
  } finally {
    accepted.catch(() => undefined);
    refused.catch(() => undefined);
    socket.destroy();
    listener.close();
  }
}

async function joinedNode(authority: CertificateAuthority) {
  const { keyPem, csrPem } = await createNodeKeyAndCsr();
  return { keyPem, ...(await authority.signNode(csrPem, subject)) };
}

describe('mutual TLS with issued certificates', () => {
  it('is TLS 1.3 and tells the server which node speaks', async () => {
    const node = await joinedNode(ca);
    const server = await ca.serverCredentials(['backup.example.org']);
    for (const host of ['localhost', 'backup.example.org']) {
      const { protocol, peer } = await handshake({
        server: { ...server, trusts: ca.pem },
        client: { ...node, trusts: ca.pem, host },
      });
      expect(protocol).toBe('TLSv1.3');
      expect(nodeOfCertificate(peer)).toEqual({ ...subject, serial: node.serial, notAfter: node.notAfter });
    }
  });

  it('refuses a client without a certificate', async () => {
    const server = await ca.serverCredentials([]);
    await expect(
      handshake({ server: { ...server, trusts: ca.pem }, client: { trusts: ca.pem } }),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/PEER_DID_NOT_RETURN_A_CERTIFICATE|CERTIFICATE_REQUIRED/),
    });
  });

  it('refuses certificates of another authority, on both sides', async () => {
    const foreign = await CertificateAuthority.open(join(directory, 'foreign'), clock);
    const server = await ca.serverCredentials([]);
    const stranger = await joinedNode(foreign);
    await expect(
      handshake({ server: { ...server, trusts: ca.pem }, client: { ...stranger, trusts: ca.pem } }),
      // Node ends such a connection without a word of its own; the same server accepts our nodes above.
    ).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(
      handshake({
        server: { ...server, trusts: ca.pem },
        client: { ...(await joinedNode(ca)), trusts: foreign.pem },
      }),
    ).rejects.toMatchObject({ code: expect.stringMatching(UNTRUSTED) });
  });

  it('does not let a node pose as the server', async () => {
    const node = await joinedNode(ca);
    await expect(
      handshake({
        server: { ...node, trusts: ca.pem },
        client: { ...(await joinedNode(ca)), trusts: ca.pem },
      }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/ALTNAME_INVALID|INVALID_PURPOSE/) });
  });

  it('refuses a host that the server certificate does not name', async () => {
    const server = await ca.serverCredentials([]);
    await expect(
      handshake({
        server: { ...server, trusts: ca.pem },
        client: { ...(await joinedNode(ca)), trusts: ca.pem, host: 'elsewhere.example.org' },
      }),
    ).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });
});

describe('the authority', () => {
  it('is the same after a restart, and one for processes that start at once', async () => {
    const again = await CertificateAuthority.open(join(directory, 'ca'), clock);
    expect(again.pem).toBe(ca.pem);
    const several = await Promise.all(
      Array.from({ length: 5 }, () => CertificateAuthority.open(join(directory, 'race'), clock)),
    );
    expect(new Set(several.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  it('keeps its keys for its owner alone', async () => {
    await ca.serverCredentials([]);
    const place = join(directory, 'ca');
    expect((await readdir(place)).sort()).toEqual(['ca.key', 'ca.pem', 'server.key', 'server.pem']);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    for (const name of ['ca.key', 'server.key'])
      expect((await stat(join(place, name))).mode & 0o777).toBe(0o600);
  });

  it('is named by the SHA-256 of its certificate, and lasts ten years', () => {
    const certificate = new X509Certificate(ca.pem);
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(ca.fingerprint);
    expect(certificate.ca).toBe(true);
    expect(certificate.validToDate.getTime() - Date.now()).toBeGreaterThan(3649 * DAY);
  });

  it('certifies nodes for 60 days, each with a serial of its own', async () => {
    const [one, two] = [await joinedNode(ca), await joinedNode(ca)];
    expect(one.serial).not.toBe(two.serial);
    expect(new X509Certificate(one.certificatePem).serialNumber.toLowerCase()).toBe(one.serial);
    expect(Math.round((one.notAfter.getTime() - Date.now()) / DAY)).toBe(60);
    expect(new X509Certificate(one.certificatePem).checkIssued(new X509Certificate(ca.pem))).toBe(true);
  });

  it('certifies the same key again at renewal', async () => {
    const { keyPem } = await createNodeKeyAndCsr();
    const certificate = await ca.signNode(await createCsr(keyPem), subject, 1);
    expect(Math.round((certificate.notAfter.getTime() - Date.now()) / DAY)).toBe(1);
  });

  it.each([
    ['nothing', () => ''],
    ['no PEM', () => 'a request'],
    ['another PEM', (): string => ca.pem],
    ['a changed request', tamper],
    ['megabytes', (csr: string) => csr + ' '.repeat(1_000_000)],
  ])('refuses to sign %s', async (_, change) => {
    const { csrPem } = await createNodeKeyAndCsr();
    await expect(ca.signNode(change(csrPem), subject)).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
  });
});

/** The same request with another name in it, so that it is still a request but its signature no longer fits. */
function tamper(csrPem: string): string {
  const der = Buffer.from(csrPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const at = der.indexOf('lifeboat-node');
  der.write('lifeboat-evil', at);
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
}

describe('the server certificate', () => {
  it('is kept while it serves, and made again for a new host, near its end, or when it does not fit its key', async () => {
    const place = join(directory, 'server');
    const start = new Date();
    const authority = await CertificateAuthority.open(place, clockAt(start));
    const first = await authority.serverCredentials(['10.1.2.3']);
    expect(await authority.serverCredentials(['10.1.2.3'])).toEqual(first);
    expect(await authority.serverCredentials([])).toEqual(first);

    const other = await authority.serverCredentials(['backup.example.org']);
    expect(other.certificatePem).not.toBe(first.certificatePem);
    expect(other.keyPem).toBe(first.keyPem);

    const later = await CertificateAuthority.open(place, clockAt(new Date(start.getTime() + 340 * DAY)));
    const renewed = await later.serverCredentials(['backup.example.org']);
    expect(renewed.certificatePem).not.toBe(other.certificatePem);

    await writeFile(join(place, 'server.key'), (await createNodeKeyAndCsr()).keyPem);
    const fitting = await later.serverCredentials(['backup.example.org']);
    expect(fitting.certificatePem).not.toBe(renewed.certificatePem);
    await writeFile(join(place, 'server.pem'), 'damaged');
    expect((await later.serverCredentials([])).certificatePem).toContain('BEGIN CERTIFICATE');
  });
});

describe('nodeOfCertificate', () => {
  it('refuses what names no node', async () => {
    const { certificatePem } = await ca.serverCredentials([]);
    for (const bytes of [certificatePem, ca.pem, '', 'text', Buffer.from([0x30, 0x80]), Buffer.alloc(0)]) {
      expect(() => nodeOfCertificate(bytes)).toThrow(expect.objectContaining({ code: 'NOT_AUTHENTICATED' }));
    }
  });
});
