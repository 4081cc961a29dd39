import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { loadSync } from '@grpc/proto-loader';
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { messageOf, LifeboatError, type Log } from '@lifeboat/kernel';
import type {
  DownloadRequest,
  DownloadResponse,
  EncodedDownloadResponse,
  SessionRequest,
  SessionResponse,
  UploadRequest,
  UploadResponse,
} from '@lifeboat/wire';
import { HealthImplementation } from 'grpc-health-check';

import { CHANNEL_OPTIONS } from './limits.ts';
import { peerCertificate } from './peer.ts';
import { STREAM_CREATED, widenReceiveWindow } from './receive-window.ts';
import { agentServiceDefinition } from './service-definition.ts';
import { toStatus } from './status.ts';

/** Who calls, as the TLS handshake and the catalog say. */
export type Authenticate<Peer> = (certificateDer: Buffer) => Promise<Peer>;

export type DuplexHandler<Request, Response, Peer> = (
  call: ServerDuplexStream<Request, Response>,
  peer: Peer,
) => Promise<void>;

/** A handler that returns ends its call well; one that throws ends it with the error's status. */
export interface AgentHandlers<Peer> {
  readonly session: DuplexHandler<SessionRequest, SessionResponse, Peer>;
  readonly upload: DuplexHandler<UploadRequest, UploadResponse, Peer>;
  readonly download: DuplexHandler<DownloadRequest, DownloadResponse | EncodedDownloadResponse, Peer>;
}

export interface AgentServerOptions<Peer> {
  readonly caPem: string;
  readonly keyPem: string;
  readonly certificatePem: string;
  /** Directory that holds lifeboat/v1/*.proto: reflection describes what is really served. */
  readonly protoDirectory: string;
  readonly authenticate: Authenticate<Peer>;
  readonly handlers: AgentHandlers<Peer>;
  readonly log: Log;
}

/**
 * The server's end: client certificates are demanded by TLS itself and judged (revocation included) on every call
 * before a handler sees a byte. Health and reflection stand beside the agent service.
 */
export class AgentServer<Peer> {
  readonly #server = new Server(CHANNEL_OPTIONS);
  readonly #health = new HealthImplementation({ '': 'SERVING', 'lifeboat.v1.AgentService': 'SERVING' });
  readonly #options: AgentServerOptions<Peer>;

  constructor(options: AgentServerOptions<Peer>) {
    this.#options = options;
    this.#server.addService(agentServiceDefinition, this.#implementation());
    this.#health.addToServer(this.#server);
    const definition = loadSync('lifeboat/v1/agent.proto', { includeDirs: [options.protoDirectory] });
    new ReflectionService(definition).addToServer(this.#server);
  }

  /** Port 0 takes a free one. Resolves with the port that is bound. */
  listen(host: string, port: number): Promise<number> {
    const { caPem, keyPem, certificatePem } = this.#options;
    const identity = [{ private_key: Buffer.from(keyPem), cert_chain: Buffer.from(certificatePem) }];
    subscribe(STREAM_CREATED, widenReceiveWindow);
    const credentials = ServerCredentials.createSsl(Buffer.from(caPem), identity, true);
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else
          reject(
            new LifeboatError('UNREACHABLE', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
              cause: error,
            }),
          );
      });
    });
  }

  /** Calls under way get five seconds to end by themselves; a peer that hangs is not waited for any longer. */
  async stop(): Promise<void> {
    this.#health.setStatus('', 'NOT_SERVING');
    unsubscribe(STREAM_CREATED, widenReceiveWindow);
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, 5000);
      this.#server.tryShutdown(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }

  #implementation(): UntypedServiceImplementation {
    const { handlers } = this.#options;
    return {
      session: this.#guarded('session', handlers.session),
      upload: this.#guarded('upload', handlers.upload),
      download: this.#guarded('download', handlers.download),
    } as unknown as UntypedServiceImplementation;
  }

  #guarded<Request, Response>(name: string, handler: DuplexHandler<Request, Response, Peer>) {
    return (call: ServerDuplexStream<Request, Response>): void => {
      // A cancelled call also emits an error; whoever handles the call learns of it from `cancelled`.
      call.on('error', () => undefined);
      this.#run(call, handler).then(
        () => call.end(),
        (error: unknown) => {
          this.#options.log.warn({ call: name, error: messageOf(error) }, 'call ended with an error');
          call.emit('error', toStatus(error));
        },
      );
    };
  }

  async #run<Request, Response>(
    call: ServerDuplexStream<Request, Response>,
    handler: DuplexHandler<Request, Response, Peer>,
  ): Promise<void> {
    const peer = await this.#options.authenticate(
      peerCertificate(call as ServerDuplexStream<unknown, unknown>),
    );
    await handler(call, peer);
  }
}
