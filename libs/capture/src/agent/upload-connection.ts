import { CHUNK_ID_LENGTH, LifeboatError, isLifeboatError, messageOf } from '@lifeboat/kernel';
import { framesInPlace, type UploadRequest, type UploadResponse } from '@lifeboat/wire';
import { OFFER_IDS } from './limits.ts';
import type { FrameMessage } from './worker-messages.ts';
import type { UploadCall } from './upload-call.ts';

/** Ids offered by one caller; answered when every Offer that carried some of them is. */
interface Offering {
  ids: Uint8Array;
  /** Indices of what the server lacks. */
  wanted: number[];
  /** Ids not yet put into an Offer, and not yet answered. */
  unsent: number;
  unanswered: number;
  resolve(wanted: number[]): void;
  reject(error: unknown): void;
}

/** A run of one offering's ids inside an Offer. */
interface Slice {
  offering: Offering;
  from: number;
  count: number;
}

interface Outgoing extends FrameMessage {
  durable: Settling | undefined;
  /** Called once. */
  onFree(): void;
}

interface Settling {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * One Upload call: offers are put together (up to 4096 ids), frames are sent within the server's window of bytes
 * that are not durable, and whoever waits hears when his ids are answered or his frames durable. When the call
 * breaks everybody who waits is refused with the same error, `failure`, and the connection is of no more use.
 */
export class UploadConnection {
  readonly #call: UploadCall;
  readonly #onWrite: (bytes: number) => void;
  readonly #opened: Promise<void>;
  #settleOpened!: Settling;
  #failure: LifeboatError | undefined;
  #windowBytes = 0;
  #writable = true;
  #offering: Offering[] = [];
  #offerScheduled = false;
  #nextOffer = 1n;
  #nextFrames = 1n;
  readonly #unanswered = new Map<bigint, Slice[]>();
  readonly #outbox: Outgoing[] = [];
  /** Sent and not durable, oldest first. */
  readonly #sent: { sequence: bigint; bytes: number; durable: Settling | undefined; free(): void }[] = [];
  #sentBytes = 0;
  #ended: Settling | undefined;
  #doneSent = false;

  constructor(
    call: UploadCall,
    open: { operationId: string; wrappedKeys: readonly Buffer[] },
    onWrite: (bytes: number) => void,
  ) {
    this.#call = call;
    this.#onWrite = onWrite;
    this.#opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject };
    });
    // A call that breaks while nobody waits for its opening is told through `failure`.
    this.#opened.catch(() => undefined);
    call.on('data', (response) => this.#receive(response));
    call.on('error', (error) => this.#fail(toConnectionError(error)));
    call.on('end', () => this.#end());
    call.on('drain', () => {
      this.#writable = true;
      this.#pump();
    });
    const keys = open.wrappedKeys.map((wrapped) => ({ wrapped }));
    this.#write({ $case: 'open', value: { operationId: open.operationId, keys } });
  }

  /** Why the call broke; undefined while it works. */
  get failure(): LifeboatError | undefined {
    return this.#failure;
  }

  /** The server has accepted the call. */
  opened(): Promise<void> {
    return this.#opened;
  }

  /** Indices of the ids (33 bytes each) that the server lacks. */
  offer(ids: Uint8Array): Promise<number[]> {
    const count = ids.length / CHUNK_ID_LENGTH;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (count === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#offering.push({ ids, wanted: [], unsent: count, unanswered: count, resolve, reject });
      if (this.#offerScheduled) return;
      this.#offerScheduled = true;
      // What other batches offer in this turn of the loop goes into the same message.
      setImmediate(() => {
        this.#offerScheduled = false;
        this.#pump();
      });
    });
  }

  /**
   * Resolves when all frames are durable at the server. Each message's buffer is in use until `onFree` is called with
   * it, once: mostly long before that, and never if the call breaks first.
   */
  send(messages: readonly FrameMessage[], onFree: (message: FrameMessage) => void): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (messages.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      messages.forEach((message, index) => {
        const durable = index === messages.length - 1 ? { resolve, reject } : undefined;
        this.#outbox.push({ ...message, durable, onFree: () => onFree(message) });
      });
      this.#pump();
    });
  }

  /** Says "done" and resolves when the server has closed its side in peace. */
  async finish(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const ended = new Promise<void>((resolve, reject) => {
      this.#ended = { resolve, reject };
    });
    this.#doneSent = true;
    this.#write({ $case: 'done', value: {} });
    this.#call.end();
    await ended;
  }

  abort(error: LifeboatError): void {
    this.#fail(error);
    this.#call.cancel();
  }

  #pump(): void {
    while (this.#failure === undefined && this.#writable && this.#offering.length > 0) this.#writeOffer();
    while (this.#failure === undefined && this.#writable && this.#mayWriteFrames()) this.#writeFrames();
  }

  #writeOffer(): void {
    const slices: Slice[] = [];
    let room = OFFER_IDS;
    while (room > 0) {
      const offering = this.#offering[0];
      if (offering === undefined) break;
      const total = offering.ids.length / CHUNK_ID_LENGTH;
      const count = Math.min(room, offering.unsent);
      slices.push({ offering, from: total - offering.unsent, count });
      offering.unsent -= count;
      room -= count;
      if (offering.unsent === 0) this.#offering.shift();
    }
    const sequence = this.#nextOffer++;
    this.#unanswered.set(sequence, slices);
    const chunkIds = Buffer.concat(
      slices.map(({ offering, from, count }) =>
        offering.ids.subarray(from * CHUNK_ID_LENGTH, (from + count) * CHUNK_ID_LENGTH),
      ),
    );
    this.#write({ $case: 'offer', value: { sequence, chunkIds } });
  }

  /** A message larger than the whole window goes when nothing else is out. */
  #mayWriteFrames(): boolean {
    const next = this.#outbox[0];
    if (next === undefined || this.#windowBytes === 0) return false;
    return this.#sentBytes === 0 || this.#sentBytes + next.bytes <= this.#windowBytes;
  }

  #writeFrames(): void {
    const { buffer, bytes, durable, onFree } = this.#outbox.shift() as Outgoing;
    const sequence = this.#nextFrames++;
    const free = once(onFree);
    this.#sent.push({ sequence, bytes, durable, free });
    this.#sentBytes += bytes;
    this.#onWrite(bytes);
    this.#writable = this.#call.write(framesInPlace(buffer, bytes, sequence), free) && this.#writable;
  }

  #write(message: NonNullable<UploadRequest['message']>): void {
    this.#writable = this.#call.write({ message }) && this.#writable;
  }

  #receive(response: UploadResponse): void {
    if (this.#failure !== undefined) return;
    const message = response.message;
    if (message?.$case === 'opened') {
      this.#windowBytes = message.value.windowBytes;
      if (this.#windowBytes === 0) return this.#breach('a window of 0 bytes');
      this.#settleOpened.resolve();
      this.#pump();
    } else if (message?.$case === 'missing') {
      this.#receiveMissing(message.value.sequence, message.value.bitmap);
    } else if (message?.$case === 'durable') {
      this.#receiveDurable(message.value.sequence);
    }
    // Anything else is of a newer protocol and not for us: what we must know is in `requires` of the hello.
  }

  #receiveMissing(sequence: bigint, bitmap: Uint8Array): void {
    const slices = this.#unanswered.get(sequence);
    if (slices === undefined) return this.#breach(`an answer to offer ${sequence}, which is not open`);
    const total = slices.reduce((sum, slice) => sum + slice.count, 0);
    if (bitmap.length !== Math.ceil(total / 8))
      return this.#breach(`a bitmap of ${bitmap.length} bytes for ${total} ids`);
    this.#unanswered.delete(sequence);
    let bit = 0;
    for (const { offering, from, count } of slices) {
      for (let index = from; index < from + count; index += 1, bit += 1) {
        if (((bitmap[bit >> 3] as number) >> (bit & 7)) & 1) offering.wanted.push(index);
      }
      offering.unanswered -= count;
      if (offering.unanswered === 0) offering.resolve(offering.wanted);
    }
  }

  #receiveDurable(sequence: bigint): void {
    if (sequence >= this.#nextFrames)
      return this.#breach(`frames ${sequence} are durable but were never sent`);
    for (let next = this.#sent[0]; next !== undefined && next.sequence <= sequence; next = this.#sent[0]) {
      this.#sent.shift();
      this.#sentBytes -= next.bytes;
      next.free();
      next.durable?.resolve();
    }
    this.#pump();
  }

  #end(): void {
    if (this.#doneSent && this.#unanswered.size === 0 && this.#sent.length === 0) this.#ended?.resolve();
    else this.#fail(new LifeboatError('UNREACHABLE', 'the server closed the upload before it was done'));
  }

  #breach(what: string): void {
    const error = new LifeboatError('PROTOCOL_BREACH', `the server broke the upload protocol: ${what}`);
    this.#fail(error);
    this.#call.cancel();
  }

  #fail(error: LifeboatError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#settleOpened.reject(error);
    this.#ended?.reject(error);
    const offerings = new Set(this.#offering);
    for (const slices of this.#unanswered.values()) for (const slice of slices) offerings.add(slice.offering);
    for (const offering of offerings) offering.reject(error);
    for (const { durable } of [...this.#sent, ...this.#outbox]) durable?.reject(error);
    this.#offering = [];
    this.#unanswered.clear();
    this.#sent.length = 0;
    this.#outbox.length = 0;
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}

/** gRPC status codes after which the same call may succeed later: the way was broken, not the request. */
const TRANSIENT_STATUS = new Set([1, 2, 4, 10, 13, 14]);
const TRANSIENT_CODES = new Set(['UNREACHABLE', 'DEADLINE', 'NODE_LOST', 'RATE_LIMITED']);

/** UNREACHABLE when a new call may help; otherwise what the server said. */
function toConnectionError(error: unknown): LifeboatError {
  if (isLifeboatError(error)) return error;
  const status = (error as { code?: unknown } | null)?.code;
  const transient = typeof status !== 'number' || TRANSIENT_STATUS.has(status);
  const message = `the upload to the server broke: ${messageOf(error)}`;
  return new LifeboatError(transient ? 'UNREACHABLE' : 'PROTOCOL_BREACH', message, { cause: error });
}

export function mayReconnect(error: LifeboatError): boolean {
  return TRANSIENT_CODES.has(error.code);
}
