import { EventEmitter } from 'node:events';
import type { Vault } from '@lifeboat/vault';
import { LifeboatError, silentLog, type ClusterId, type Log, type NodeId } from '@lifeboat/kernel';
import {
  deliveredUploadRequest,
  type EncodedUploadRequest,
  type UploadRequest,
  type UploadResponse,
} from '@lifeboat/wire';
import { handleUpload, type UploadServerCall } from './handle-upload.ts';

/** The client half of an upload within this process; the agent half of capture takes it for a gRPC call. */
export interface LocalUploadCall {
  readonly write: (request: UploadRequest | EncodedUploadRequest) => boolean;
  on(event: 'data', listener: (response: UploadResponse) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'drain', listener: () => void): unknown;
  end(): void;
  cancel(): void;
}

/** Uploads of bytes that the server reads itself (dumps), through the same door as everybody's. */
export function localUpload(
  vault: Vault,
  cluster: ClusterId,
  node: NodeId | null = null,
  log: Log = silentLog,
): () => LocalUploadCall {
  return () => {
    const pair = new CallPair();
    handleUpload(pair.server, { cluster, node, vault, log }).catch((thrown: unknown) =>
      pair.failClient(thrown),
    );
    return pair.client;
  };
}

/** Requests a client may write ahead of the server before it is told to wait. */
const REQUESTS_AHEAD = 16;

/** Two ends of one conversation in memory: ordered, asynchronous, with back-pressure upwards. */
class CallPair {
  readonly #toClient = new EventEmitter();
  readonly #toServer = new EventEmitter();
  #requests: UploadRequest[] = [];
  #halfClosed = false;
  #paused = false;
  #delivering = false;
  #owesDrain = false;
  #over = false;

  readonly client: LocalUploadCall = {
    write: (request) => {
      // As over the network: a message is serialised when it is written.
      this.#requests.push(deliveredUploadRequest(request));
      this.#deliverSoon();
      this.#owesDrain ||= this.#requests.length > REQUESTS_AHEAD;
      return !this.#owesDrain;
    },
    on: (event: string, listener: (...values: never[]) => void) =>
      this.#toClient.on(event, listener as () => void),
    end: () => {
      this.#halfClosed = true;
      this.#deliverSoon();
    },
    cancel: () => {
      this.#toServer.emit('cancelled');
      this.failClient(new LifeboatError('CANCELLED', 'the upload was cancelled'));
    },
  };

  readonly server: UploadServerCall = {
    on: (event: string, listener: (...values: never[]) => void) =>
      this.#toServer.on(event, listener as () => void),
    write: (response) => {
      setImmediate(() => {
        if (!this.#over) this.#toClient.emit('data', response);
      });
      return true;
    },
    end: () => {
      setImmediate(() => {
        if (this.#over) return;
        this.#over = true;
        this.#toClient.emit('end');
      });
    },
    pause: () => {
      this.#paused = true;
    },
    resume: () => {
      this.#paused = false;
      this.#deliverSoon();
    },
  };

  failClient(thrown: unknown): void {
    setImmediate(() => {
      if (this.#over) return;
      this.#over = true;
      this.#toClient.emit('error', thrown);
    });
  }

  #deliverSoon(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    setImmediate(() => {
      this.#delivering = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#paused && this.#requests.length > 0) this.#toServer.emit('data', this.#requests.shift());
    if (this.#paused) return;
    if (this.#owesDrain) {
      this.#owesDrain = false;
      this.#toClient.emit('drain');
    }
    if (!this.#halfClosed || this.#requests.length > 0) return;
    this.#halfClosed = false;
    this.#toServer.emit('end');
  }
}
