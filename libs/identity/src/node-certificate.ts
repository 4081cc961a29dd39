import type { X509Certificate } from '@peculiar/x509';
import { isUuid, LifeboatError, type ClusterId, type NodeId } from '@lifeboat/kernel';
import { x509 } from './x509.ts';

/** Who a node certificate speaks for. */
export interface CertifiedNode {
  readonly cluster: ClusterId;
  readonly node: NodeId;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notAfter: Date;
}

const NODE_URI = /^lifeboat:\/\/cluster\/([0-9a-f-]{36})\/node\/([0-9a-f-]{36})$/;

export function nodeUri(subject: { cluster: ClusterId; node: NodeId }): string {
  return `lifeboat://cluster/${subject.cluster}/node/${subject.node}`;
}

/**
 * Reads who a certificate names: it verifies nothing. Only for certificates that TLS has already found to be signed
 * by our authority and in date.
 *
 * @throws NOT_AUTHENTICATED when it names no node, or more than one.
 */
export function nodeOfCertificate(certificatePemOrDer: string | Uint8Array): CertifiedNode {
  const certificate = parseCertificate(certificatePemOrDer);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const [name, ...others] = names.filter(({ type }) => type === 'url');
  const [, cluster, node] = NODE_URI.exec(name?.value ?? '') ?? [];
  if (others.length > 0 || cluster === undefined || node === undefined || !isUuid(cluster) || !isUuid(node)) {
    throw notANode();
  }
  return {
    cluster: cluster as ClusterId,
    node: node as NodeId,
    serial: certificate.serialNumber.toLowerCase(),
    notAfter: certificate.notAfter,
  };
}

function parseCertificate(pemOrDer: string | Uint8Array): X509Certificate {
  try {
    return new x509.X509Certificate(typeof pemOrDer === 'string' ? pemOrDer : Uint8Array.from(pemOrDer));
  } catch (error) {
    throw notANode(error);
  }
}

function notANode(cause?: unknown): LifeboatError {
  return new LifeboatError('NOT_AUTHENTICATED', 'the client certificate names no node', {
    guidance: 'Join the node with `lifeboat-agent join`; only certificates made there are accepted.',
    cause,
  });
}
