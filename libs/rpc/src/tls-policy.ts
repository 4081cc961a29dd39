import tls from 'node:tls';

/** grpc-js has no option for it, so the process-wide default says it: nothing below TLS 1.3, either way. */
export function demandTls13(): void {
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3';
}
