import type { Ingest } from '@lifeboat/vault';
import { CHUNK_ID_LENGTH, invariant, LifeboatError, messageOf, toLifeboatError } from '@lifeboat/kernel';
import type { Frames, Offer, UploadOpen, UploadRequest, UploadResponse } from '@lifeboat/wire';
import type { UploadContext, UploadServerCall } from './handle-upload.ts';
import { DeadBuffers } from '../dead-buffers.ts';
import { mainMemory } from '../idle-memory.ts';
import { UPLOAD_LIMITS } from './upload-limits.ts';

export interface UploadTotals {
  readonly operationId: string;
  readonly offered: number;
  /** Of those, chunks that were already there. */
  readonly known: number;
  readonly frameBytes: number;
}

/** Between two looks for the buffers of messages that are written; each takes a few milliseconds. */
const DEAD_BYTES = 48 * 1024 * 1024;

interface PendingFrames {
  readonly sequence: bigint;
  readonly bytes: number;
  durable: boolean;
}

/**
 * One upload: open first, then offers and frames in any mixture, then done. Offers are answered as the catalog
 * answers; frames are acknowledged in order once durable. The call is paused while more than a window of bytes waits.
 */
export class UploadSession {
  readonly #call: UploadServerCall;
  readonly #context: UploadContext;
  readonly #ended = Promise.withResolvers<void>();
  readonly #dead = new DeadBuffers(DEAD_BYTES);
  #ingest: Ingest | undefined;
  #operationId: string | undefined;
  #keys: readonly Uint8Array[] = [];
  /** Messages that came while the ingest was being opened. */
  #early: UploadRequest[] = [];
  #pending: PendingFrames[] = [];
  #pendingBytes = 0;
  #unanswered = 0;
  #lastFrames = -1n;
  #paused = false;
  #done = false;
  #over = false;
  #totals = { offered: 0, known: 0, frameBytes: 0 };

  constructor(call: UploadServerCall, context: UploadContext) {
    this.#call = call;
    this.#context = context;
  }

  async run(): Promise<UploadTotals> {
    const { promise } = this.#ended;
    this.#call.on('data', (request) => this.#guarded(() => this.#receive(request)));
    this.#call.on('end', () => this.#guarded(() => this.#hungUp()));
    this.#call.on('cancelled', () => this.#fail(new LifeboatError('CANCELLED', 'the upload was cancelled')));
    this.#call.on('error', (error) =>
      this.#fail(
        new LifeboatError('CANCELLED', `the upload broke off: ${messageOf(error)}`, { cause: error }),
      ),
    );
    // A server dumps databases too, and would look through its whole heap when the dump is over: not within a set.
    mainMemory.begin();
    try {
      await promise;
    } finally {
      mainMemory.end();
    }
    this.#call.end();
    return { operationId: this.#operationId ?? '', ...this.#totals };
  }

  #receive(request: UploadRequest): void {
    const message = request.message;
    if (message === undefined) throw breach('an empty or unknown message');
    if (this.#done) throw breach('a message after done');
    if (message.$case === 'open') return this.#open(message.value);
    if (this.#operationId === undefined) throw breach('the first message must be open');
    if (this.#ingest === undefined) {
      this.#early.push(request);
      return this.#pause();
    }
    if (message.$case === 'offer') this.#offer(message.value);
    else if (message.$case === 'frames') this.#frames(message.value);
    else {
      this.#done = true;
      this.#endWhenAllIsAnswered();
    }
  }

  #open({ operationId, keys }: UploadOpen): void {
    if (this.#operationId !== undefined) throw breach('a second open');
    if (keys.length > UPLOAD_LIMITS.keys) throw breach(`more than ${UPLOAD_LIMITS.keys} keys`);
    if (keys.some(({ wrapped }) => wrapped.length === 0 || wrapped.length > UPLOAD_LIMITS.wrappedKeyBytes)) {
      throw breach('a wrapped key of impossible length');
    }
    this.#operationId = operationId;
    // Own copies: the message's bytes are a view into the transport's.
    this.#keys = keys.map(({ wrapped }) => Buffer.from(wrapped));
    this.#inBackground(async () => {
      await this.#context.vault.assertKeysOpen(this.#context.cluster, this.#keys);
      this.#ingest = await this.#context.vault.ingest(this.#context.cluster);
      this.#write({ message: { $case: 'opened', value: { windowBytes: UPLOAD_LIMITS.windowBytes } } });
      for (const request of this.#early.splice(0)) this.#receive(request);
      this.#resumeIfRoom();
    });
  }

  #offer({ sequence, chunkIds }: Offer): void {
    const count = chunkIds.length / CHUNK_ID_LENGTH;
    if (!Number.isInteger(count) || count === 0) throw breach('an offer of broken or no chunk ids');
    if (count > UPLOAD_LIMITS.offeredChunks)
      throw breach(`an offer of more than ${UPLOAD_LIMITS.offeredChunks} chunks`);
    this.#unanswered += 1;
    this.#pauseIfFull();
    this.#inBackground(async () => {
      const have = await this.#opened().have(this.#context.node, chunkIds);
      const { bitmap, missing } = complement(have, count);
      this.#totals.offered += count;
      this.#totals.known += count - missing;
      this.#unanswered -= 1;
      this.#write({ message: { $case: 'missing', value: { sequence, bitmap } } });
      this.#afterAnswer();
    });
  }

  #frames({ sequence, frames }: Frames): void {
    if (sequence <= this.#lastFrames) throw breach('frames out of order');
    if (frames.length > UPLOAD_LIMITS.framesBytes) throw breach('a frames message that is too large');
    this.#lastFrames = sequence;
    const pending: PendingFrames = { sequence, bytes: frames.length, durable: false };
    this.#pending.push(pending);
    this.#pendingBytes += frames.length;
    this.#totals.frameBytes += frames.length;
    // What came from the network in pieces, and the message they were put together to.
    this.#dead.made(2 * frames.length);
    this.#pauseIfFull();
    this.#inBackground(async () => {
      await this.#opened().append(this.#context.node, this.#keys, frames);
      pending.durable = true;
      this.#acknowledge();
      this.#afterAnswer();
    });
  }

  /** One acknowledgement for everything durable up to the first that is not. */
  #acknowledge(): void {
    const first = this.#pending.findIndex((each) => !each.durable);
    const durable = this.#pending.splice(0, first === -1 ? this.#pending.length : first);
    const last = durable.at(-1);
    if (last === undefined) return;
    this.#pendingBytes -= durable.reduce((sum, each) => sum + each.bytes, 0);
    this.#write({ message: { $case: 'durable', value: { sequence: last.sequence } } });
  }

  #afterAnswer(): void {
    this.#resumeIfRoom();
    this.#endWhenAllIsAnswered();
  }

  #endWhenAllIsAnswered(): void {
    if (!this.#done || this.#pending.length > 0 || this.#unanswered > 0) return;
    this.#over = true;
    this.#ended.resolve();
  }

  #hungUp(): void {
    if (this.#done || this.#early.some((request) => request.message?.$case === 'done')) return;
    throw new LifeboatError('CANCELLED', 'the agent ended the upload before it was done');
  }

  #write(response: UploadResponse): void {
    // Answers are small and bounded by what is unanswered: nothing to wait for when the transport is busy.
    if (!this.#over) this.#call.write(response);
  }

  #pauseIfFull(): void {
    if (this.#isFull()) this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#call.pause();
  }

  #resumeIfRoom(): void {
    if (!this.#paused || this.#isFull()) return;
    this.#paused = false;
    this.#call.resume();
  }

  #isFull(): boolean {
    return (
      this.#pendingBytes > UPLOAD_LIMITS.windowBytes || this.#unanswered >= UPLOAD_LIMITS.unansweredOffers
    );
  }

  #opened(): Ingest {
    invariant(this.#ingest !== undefined, 'messages are handled once the ingest is open');
    return this.#ingest;
  }

  #guarded(work: () => void): void {
    if (this.#over) return;
    try {
      work();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #inBackground(work: () => Promise<void>): void {
    work().catch((thrown: unknown) => this.#fail(thrown));
  }

  #fail(thrown: unknown): void {
    if (this.#over) return;
    this.#over = true;
    // What still arrives is dropped, so that the transport does not stall before the status is sent.
    this.#call.resume();
    this.#ended.reject(toLifeboatError(thrown));
  }
}

function complement(have: Uint8Array, count: number): { bitmap: Buffer; missing: number } {
  const bitmap = Buffer.alloc(Math.ceil(count / 8));
  let missing = 0;
  for (let index = 0; index < count; index += 1) {
    if (((have[index >> 3] ?? 0) >> (index & 7)) & 1) continue;
    bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    missing += 1;
  }
  return { bitmap, missing };
}

function breach(what: string): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `upload: ${what}`, {
    guidance: 'Bring agent and server to the same version.',
  });
}
