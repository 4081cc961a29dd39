import { Agent, request as httpsRequest } from 'node:https';
import type { Transport, TransportRequest, TransportResponse } from '@lifeboat/console-api';
import { LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';

/** Only for getting connected: an answer may take as long as the work (a check of the whole vault). */
const CONNECT_MILLIS = 10_000;

/** What TLS says when the server's certificate is not one to trust (codes of OpenSSL and Node). */
const NOT_TRUSTED = /CERT|ISSUER|SIGNATURE|ALTNAME|CRL/;

/** Requests over TLS 1.3, trusting `ca` alone when it is given and the system's authorities otherwise. */
export function httpsTransport(options: { readonly ca: string | undefined }): Transport {
  const agent = new Agent({
    keepAlive: true,
    minVersion: 'TLSv1.3',
    ...(options.ca !== undefined && { ca: options.ca }),
  });
  return (request) =>
    send(agent, request).catch((error: unknown) => {
      throw transportError(error, new URL(request.url).origin);
    });
}

function send(agent: Agent, { method, url, headers, body }: TransportRequest): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = httpsRequest(url, { agent, method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    const timer = setTimeout(
      () => request.destroy(new Error('no connection within 10 seconds')),
      CONNECT_MILLIS,
    );
    request.on('socket', (socket) => {
      if (request.reusedSocket) clearTimeout(timer);
      else socket.once('secureConnect', () => clearTimeout(timer));
    });
    request.on('error', reject);
    request.on('close', () => clearTimeout(timer));
    request.end(body);
  });
}

function transportError(error: unknown, origin: string): LifeboatError {
  if (NOT_TRUSTED.test(systemCodeOf(error) ?? '')) {
    return new LifeboatError('CERTIFICATE_UNKNOWN_CA', `${origin} cannot be trusted: ${messageOf(error)}`, {
      guidance:
        'Give the server’s ca.pem with --ca or LIFEBOAT_CA, and a URL with a host name of its certificate.',
      cause: error,
    });
  }
  const reason = messageOf(error) || systemCodeOf(error);
  return new LifeboatError('UNREACHABLE', `${origin} did not answer: ${reason}`, {
    guidance: 'Check that the server runs, and the address in --url or LIFEBOAT_URL.',
    cause: error,
  });
}
