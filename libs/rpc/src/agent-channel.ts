import { isIP } from 'node:net';
import { Client, credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import type {
  DownloadRequest,
  DownloadResponse,
  EncodedUploadRequest,
  SessionRequest,
  SessionResponse,
  UploadRequest,
  UploadResponse,
} from '@lifeboat/wire';

import { CHANNEL_OPTIONS } from './limits.ts';
import { agentServiceDefinition } from './service-definition.ts';

export interface AgentChannelOptions {
  /** host:port of the server's gRPC endpoint. */
  readonly address: string;
  readonly caPem: string;
  readonly keyPem: string;
  readonly certificatePem: string;
}

/**
 * TLS has no server name for an IP address, and Node refuses to send one. Every certificate that our authority signs
 * for a server carries this name; those it signs for nodes are for clients only.
 */
const SERVER_NAME = 'lifeboat-server';

function nameOverride(address: string): Record<string, string> {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? {} : { 'grpc.ssl_target_name_override': SERVER_NAME };
}

/** The agent's end of the one connection it dials: mutual TLS 1.3, three kinds of call. */
export class AgentChannel {
  readonly #client: Client;

  constructor(options: AgentChannelOptions) {
    this.#client = new Client(
      options.address,
      credentials.createSsl(
        Buffer.from(options.caPem),
        Buffer.from(options.keyPem),
        Buffer.from(options.certificatePem),
      ),
      {
        ...CHANNEL_OPTIONS,
        ...nameOverride(options.address),
        'grpc.initial_reconnect_backoff_ms': 200,
        'grpc.max_reconnect_backoff_ms': 5000,
      },
    );
  }

  session(): ClientDuplexStream<SessionRequest, SessionResponse> {
    return this.#duplex('session');
  }

  upload(): ClientDuplexStream<UploadRequest | EncodedUploadRequest, UploadResponse> {
    return this.#duplex('upload');
  }

  download(): ClientDuplexStream<DownloadRequest, DownloadResponse> {
    return this.#duplex('download');
  }

  close(): void {
    this.#client.close();
  }

  #duplex<Request, Response>(name: string): ClientDuplexStream<Request, Response> {
    const method = agentServiceDefinition[name]!;
    return this.#client.makeBidiStreamRequest<Request, Response>(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => Response,
    );
  }
}
