import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { LifeboatError, messageOf } from '@lifeboat/kernel';
import type { Express } from 'express';

export interface HttpsCredentials {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** Calls that still run when the server stops get this long. */
const CLOSE_GRACE_MILLIS = 5_000;

/** The app on a TLS 1.3 port. */
export class HttpsListener {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Port 0 takes a free one. @throws LifeboatError USAGE when the port cannot be had */
  static async open(
    app: Express,
    options: HttpsCredentials & { readonly host: string; readonly port: number },
  ): Promise<HttpsListener> {
    const server = createServer({ ...tlsOptions(options), minVersion: 'TLSv1.3' }, app);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        const where = `${options.host}:${options.port}`;
        reject(
          new LifeboatError('USAGE', `cannot listen on ${where}: ${messageOf(error)}`, { cause: error }),
        );
      });
      server.listen(options.port, options.host, resolve);
    });
    return new HttpsListener(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** New connections get the new certificate, those that stand keep theirs. */
  renew(credentials: HttpsCredentials): void {
    this.#server.setSecureContext({ ...tlsOptions(credentials), minVersion: 'TLSv1.3' });
  }

  async close(): Promise<void> {
    const grace = setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE_MILLIS);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(grace);
  }
}

function tlsOptions(credentials: HttpsCredentials) {
  return { key: credentials.keyPem, cert: credentials.certificatePem };
}
