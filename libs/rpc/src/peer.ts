import type { ServerDuplexStream } from '@grpc/grpc-js';
import { LifeboatError } from '@lifeboat/kernel';

/** DER bytes of the certificate with which the caller of this call proved itself in the TLS handshake. */
export function peerCertificate(call: ServerDuplexStream<unknown, unknown>): Buffer {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  if (raw === undefined)
    throw new LifeboatError('NOT_AUTHENTICATED', 'the call carries no client certificate');
  return raw;
}
