import { EventEmitter } from 'node:events';
import { EncodedUploadRequest, type UploadRequest, type UploadResponse } from '@lifeboat/wire';
import type { UploadCall } from './upload-call.ts';

/** Undefined: so many bytes may go at once. */
export type Pace = (bytes: number) => Promise<void> | undefined;

interface Waiting {
  readonly request: UploadRequest | EncodedUploadRequest;
  readonly written: (() => void) | undefined;
}

/** The same call, its requests written no faster than the pace lets them, in their order. */
export class PacedCall extends EventEmitter implements UploadCall {
  readonly #call: UploadCall;
  readonly #pace: Pace;
  readonly #waiting: Waiting[] = [];
  #isFull = false;
  #isEnding = false;

  constructor(call: UploadCall, pace: Pace) {
    super();
    this.#call = call;
    this.#pace = pace;
    call.on('data', (response: UploadResponse) => this.emit('data', response));
    call.on('error', (error) => {
      this.#waiting.length = 0;
      this.emit('error', error);
    });
    call.on('end', () => this.emit('end'));
    call.on('drain', () => {
      this.#isFull = false;
      if (this.#waiting.length === 0) this.emit('drain');
    });
  }

  readonly write = (request: UploadRequest | EncodedUploadRequest, written?: () => void): boolean => {
    if (this.#waiting.length === 0) {
      const turn = this.#pace(bytesOf(request));
      if (turn === undefined) return this.#call.write(request, written);
      void this.#afterTurn(turn);
    }
    this.#waiting.push({ request, written });
    return false;
  };

  end(): void {
    this.#isEnding = true;
    if (this.#waiting.length === 0) this.#call.end();
  }

  cancel(): void {
    this.#waiting.length = 0;
    this.#call.cancel();
  }

  /** Writes what waits, each in its turn. A call that broke meanwhile has nothing that waits. */
  async #afterTurn(first: Promise<void>): Promise<void> {
    for (let turn: Promise<void> | undefined = first; ;) {
      await turn;
      const next = this.#waiting[0];
      if (next === undefined) return;
      this.#isFull = !this.#call.write(next.request, next.written);
      this.#waiting.shift();
      const after = this.#waiting[0];
      if (after === undefined) break;
      turn = this.#pace(bytesOf(after.request));
    }
    if (this.#isEnding) this.#call.end();
    else if (!this.#isFull) this.emit('drain');
  }
}

/** What it comes to on the wire, less a few bytes around it. */
function bytesOf(request: UploadRequest | EncodedUploadRequest): number {
  if (request instanceof EncodedUploadRequest) return request.bytes.length;
  return request.message?.$case === 'offer' ? request.message.value.chunkIds.length : 0;
}
