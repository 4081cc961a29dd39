import { createHash, createPrivateKey, randomBytes, X509Certificate, type webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type {
  ExtendedKeyUsage,
  JsonGeneralNames,
  X509Certificate as IssuedCertificate,
} from '@peculiar/x509';
import type { Clock, ClusterId, NodeId } from '@lifeboat/kernel';
import { readIfThere } from '@lifeboat/runtime';
import { createKeyPem, importKeyPair, verifiedKeyOfCsr } from './certificate-request.ts';
import { nodeUri } from './node-certificate.ts';
import { createFileOnce, PRIVATE_FILE_MODE, PUBLIC_FILE_MODE, replaceFile } from './private-file.ts';
import { CERTIFICATE_SIGNATURE, x509 } from './x509.ts';

export interface ServerCredentials {
  readonly keyPem: string;
  readonly certificatePem: string;
}

export interface NodeCertificate {
  readonly certificatePem: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notAfter: Date;
}

const DAY = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
const SERVER_DAYS = 365;
/** A server that starts within this many days of the end gets a new certificate. */
const SERVER_RENEWAL_DAYS = 30;
const NODE_DAYS = 60;
/** Nodes' clocks may be behind the server's by this much and still accept a fresh certificate. */
const CLOCK_SKEW = 60 * 60 * 1000;
const ALWAYS_SERVED = ['lifeboat-server', 'localhost', '127.0.0.1', '::1'];

/**
 * Issues the certificates of one Lifeboat installation; TLS itself verifies them. Its own key (`ca.key`) and the
 * server's (`server.key`) never leave the directory; nodes send requests for keys that never leave the nodes.
 */
export class CertificateAuthority {
  readonly pem: string;
  /** SHA-256 of the authority's certificate (DER), hex: join tokens carry it. */
  readonly fingerprint: string;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #certificate: IssuedCertificate;

  private constructor(directory: string, clock: Clock, keys: webcrypto.CryptoKeyPair, pem: string) {
    this.pem = pem;
    this.#directory = directory;
    this.#clock = clock;
    this.#keys = keys;
    this.#certificate = new x509.X509Certificate(pem);
    this.fingerprint = createHash('sha256').update(Buffer.from(this.#certificate.rawData)).digest('hex');
  }

  /** The authority of a directory, made there at first use; several processes may start at once. */
  static async open(directory: string, clock: Clock): Promise<CertificateAuthority> {
    const keyPem = await readOrCreate(join(directory, 'ca.key'), PRIVATE_FILE_MODE, createKeyPem);
    const keys = await importKeyPair(keyPem);
    const pem = await readOrCreate(join(directory, 'ca.pem'), PUBLIC_FILE_MODE, () =>
      createAuthorityPem(keys, clock.now()),
    );
    return new CertificateAuthority(directory, clock, keys, pem);
  }

  /**
   * The server's key and certificate for these host names or addresses (and the loopback ones), kept in
   * `server.key` and `server.pem` until they end soon, miss a host or do not belong together.
   */
  async serverCredentials(hosts: readonly string[]): Promise<ServerCredentials> {
    const keyFile = join(this.#directory, 'server.key');
    const certificateFile = join(this.#directory, 'server.pem');
    const names = [...new Set([...hosts, ...ALWAYS_SERVED])];
    const keyPem = await readOrCreate(keyFile, PRIVATE_FILE_MODE, createKeyPem);
    const kept = await readIfThere(certificateFile);
    if (kept !== undefined && this.#serves(kept, keyPem, names)) return { keyPem, certificatePem: kept };
    const certificatePem = await this.#signServer(keyPem, names);
    await replaceFile(certificateFile, certificatePem, PUBLIC_FILE_MODE);
    return { keyPem, certificatePem };
  }

  /**
   * Certifies a node's key. Whatever name the request carries is ignored: the caller has established who asks.
   *
   * @throws PROTOCOL_BREACH for a request that is not signed by the key it is for.
   */
  async signNode(
    csrPem: string,
    subject: { cluster: ClusterId; node: NodeId },
    days: number = NODE_DAYS,
  ): Promise<NodeCertificate> {
    const publicKey = await verifiedKeyOfCsr(csrPem);
    const certificate = await this.#sign(publicKey, {
      subject: `CN=${subject.node}`,
      days,
      usage: x509.ExtendedKeyUsage.clientAuth,
      names: [{ type: 'url', value: nodeUri(subject) }],
    });
    return {
      certificatePem: certificate.toString('pem'),
      serial: certificate.serialNumber.toLowerCase(),
      notAfter: certificate.notAfter,
    };
  }

  async #signServer(keyPem: string, names: readonly string[]): Promise<string> {
    const { publicKey } = await importKeyPair(keyPem);
    const certificate = await this.#sign(publicKey, {
      subject: 'CN=lifeboat-server',
      days: SERVER_DAYS,
      usage: x509.ExtendedKeyUsage.serverAuth,
      names: names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
    });
    return certificate.toString('pem');
  }

  async #sign(
    publicKey: CryptoKey,
    what: { subject: string; days: number; usage: ExtendedKeyUsage; names: JsonGeneralNames },
  ): Promise<IssuedCertificate> {
    const now = this.#clock.now().getTime();
    return x509.X509CertificateGenerator.create({
      serialNumber: createSerial(),
      subject: what.subject,
      issuer: this.#certificate.subjectName,
      notBefore: new Date(now - CLOCK_SKEW),
      notAfter: new Date(now + what.days * DAY),
      publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: CERTIFICATE_SIGNATURE,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([what.usage]),
        new x509.SubjectAlternativeNameExtension(what.names),
        await x509.AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
  }

  #serves(certificatePem: string, keyPem: string, names: readonly string[]): boolean {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(certificatePem);
    } catch {
      return false; // a damaged file is made again, like an old one
    }
    const covers = (name: string): boolean =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
    const remaining = certificate.validToDate.getTime() - this.#clock.now().getTime();
    return (
      remaining > SERVER_RENEWAL_DAYS * DAY &&
      certificate.checkPrivateKey(createPrivateKey(keyPem)) &&
      certificate.verify(new X509Certificate(this.pem).publicKey) &&
      names.every(covers)
    );
  }
}

async function readOrCreate(path: string, mode: number, create: () => Promise<string>): Promise<string> {
  return (await readIfThere(path)) ?? (await createFileOnce(path, await create(), mode));
}

async function createAuthorityPem(keys: webcrypto.CryptoKeyPair, now: Date): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: createSerial(),
    name: 'CN=Lifeboat certificate authority',
    notBefore: new Date(now.getTime() - CLOCK_SKEW),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY),
    keys,
    signingAlgorithm: CERTIFICATE_SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

/** 16 random bytes whose first is 0x40…0x7f: positive in DER, and never shortened when it is printed. */
function createSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | (bytes[0]! & 0x3f);
  return bytes.toString('hex');
}
