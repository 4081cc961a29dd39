import { LifeboatError, messageOf } from '@lifeboat/kernel';
import type { DownloadResponse } from '@lifeboat/wire';
import { arrivedChunks, breach, type ArrivedChunks } from './arrived-chunks.ts';
import type { Wanted } from './chunk-fetcher.ts';
import type { DownloadCall } from './download-call.ts';

const MAX_IDS = 1024;
const MAX_WANTS = 4;
const WANT_BYTES = 4 << 20;
/** Asked for and not yet dealt with, before compression: what agent and server hold in memory for one call. */
const MAX_OUTSTANDING_BYTES = 32 << 20;
/** What a chunk of unknown length is counted as. */
const UNKNOWN_LENGTH = 1 << 20;
const SILENCE_MILLIS = 120_000;

/** gRPC statuses that a fresh call would meet again. */
const FINAL_STATUS: ReadonlyMap<
  unknown,
  'NOT_AUTHORISED' | 'CHUNK_MISSING' | 'PROTOCOL_BREACH' | 'CONFLICT'
> = new Map([
  [3, 'PROTOCOL_BREACH'],
  [5, 'CHUNK_MISSING'],
  [7, 'NOT_AUTHORISED'],
  [9, 'CONFLICT'],
  [12, 'PROTOCOL_BREACH'],
  [16, 'NOT_AUTHORISED'],
]);

/** Resolves when the chunks are dealt with: so long they count as outstanding. */
export type OnArrived = (chunks: ArrivedChunks) => Promise<void>;

/** What one want asks for. */
interface Batch {
  readonly indexes: number[];
  readonly bytes: number;
}

interface Round {
  readonly batches: Batch[];
  readonly wanted: readonly Wanted[];
  readonly onArrived: OnArrived;
  readonly done: PromiseWithResolvers<void>;
  /** Batches that were asked for and are not answered and dealt with. */
  outstanding: number;
}

interface Asked {
  readonly round: Round;
  readonly batch: Batch;
  /** What is still being done with its chunks. */
  readonly dealing: Promise<void>[];
}

/**
 * Our side of one Download call: open, wants within the limits of the contract, done. Ends with its call. Fetches may
 * overlap: the wants of one follow those of the one before without a pause.
 */
export class DownloadConversation {
  readonly #call: DownloadCall;
  readonly #onAbort = (): void => this.#fail(new LifeboatError('CANCELLED', 'the restore was cancelled'));
  readonly #signal: AbortSignal | undefined;
  #opened = false;
  #ended: unknown;
  /** Those with batches to ask for, or to hear of; oldest first. */
  readonly #rounds = new Set<Round>();
  readonly #asked = new Map<bigint, Asked>();
  #outstandingBytes = 0;
  #sequence = 0n;
  #silence: NodeJS.Timeout | undefined;

  constructor(call: DownloadCall, restoreId: string, signal?: AbortSignal) {
    this.#call = call;
    this.#signal = signal;
    call.on('data', (response) => this.#receive(response));
    call.on('error', (error) => this.#fail(finalError(error) ?? error));
    call.on('end', () => this.#fail(new Error('the server ended the call')));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    call.write({ message: { $case: 'open', value: { restoreId } } });
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Asks for `indexes` of `wanted`; resolves when every want is answered and dealt with, which does not mean that every
   * chunk came. Rejects with a LifeboatError for what is final and with anything else for what a fresh call may mend.
   */
  async fetch(indexes: readonly number[], wanted: readonly Wanted[], onArrived: OnArrived): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const done = Promise.withResolvers<void>();
    const round = { batches: batchesOf(indexes, wanted), wanted, onArrived, done, outstanding: 0 };
    this.#rounds.add(round);
    this.#listen();
    this.#ask();
    await done.promise;
  }

  finish(): void {
    if (this.#ended === undefined) {
      this.#call.write({ message: { $case: 'done', value: {} } });
      this.#call.end();
    }
    this.#fail(new Error('the call is over'));
  }

  /** `reason`: what fetches that are under way reject with. */
  cancel(reason: unknown): void {
    this.#fail(reason);
    this.#call.cancel();
  }

  #receive(response: DownloadResponse): void {
    if (this.#ended !== undefined) return;
    try {
      this.#listen();
      this.#understand(response);
    } catch (error) {
      this.#fail(error);
    }
  }

  #understand({ message }: DownloadResponse): void {
    if (message?.$case === 'opened') {
      this.#opened = true;
      this.#ask();
      return;
    }
    const asked = message === undefined ? undefined : this.#asked.get(message.value.sequence);
    if (message === undefined || asked === undefined) throw breach('an answer to a want that is not open');
    if (message.$case === 'chunks') {
      const dealt = asked.round.onArrived(arrivedChunks(message.value, asked.batch.indexes));
      asked.dealing.push(dealt);
      // Awaited when the want is done; until then a failure must not count as unhandled.
      dealt.catch((error: unknown) => this.#fail(error));
      return;
    }
    this.#asked.delete(message.value.sequence);
    void Promise.allSettled(asked.dealing).then(() => this.#settle(asked));
    this.#ask();
  }

  #settle({ round, batch }: Asked): void {
    this.#outstandingBytes -= batch.bytes;
    round.outstanding -= 1;
    this.#ask();
  }

  #ask(): void {
    if (!this.#opened || this.#ended !== undefined) return;
    for (const round of this.#rounds) {
      while (this.#hasRoomFor(round.batches[0])) this.#want(round, round.batches.shift() as Batch);
      if (round.batches.length > 0) return;
      if (round.outstanding > 0) continue;
      this.#rounds.delete(round);
      this.#listen();
      round.done.resolve();
    }
  }

  #hasRoomFor(batch: Batch | undefined): boolean {
    if (batch === undefined || this.#asked.size >= MAX_WANTS) return false;
    return this.#outstandingBytes === 0 || this.#outstandingBytes + batch.bytes <= MAX_OUTSTANDING_BYTES;
  }

  #want(round: Round, batch: Batch): void {
    this.#sequence += 1n;
    this.#asked.set(this.#sequence, { round, batch, dealing: [] });
    this.#outstandingBytes += batch.bytes;
    round.outstanding += 1;
    const ids = batch.indexes.map((index) => (round.wanted[index] as Wanted).chunk);
    this.#call.write({
      message: { $case: 'want', value: { sequence: this.#sequence, chunkIds: Buffer.concat(ids) } },
    });
  }

  #listen(): void {
    clearTimeout(this.#silence);
    if (this.#rounds.size === 0) return;
    const silent = (): void => this.#fail(new Error(`nothing was heard for ${SILENCE_MILLIS / 1000} s`));
    this.#silence = setTimeout(silent, SILENCE_MILLIS);
  }

  #fail(error: unknown): void {
    if (this.#ended !== undefined) return;
    const rounds = [...this.#rounds];
    this.#close(error);
    for (const round of rounds) round.done.reject(error);
  }

  #close(reason: unknown): void {
    this.#ended ??= reason;
    this.#rounds.clear();
    this.#asked.clear();
    clearTimeout(this.#silence);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

function batchesOf(indexes: readonly number[], wanted: readonly Wanted[]): Batch[] {
  const batches: { indexes: number[]; bytes: number }[] = [];
  for (const index of indexes) {
    const bytes = (wanted[index] as Wanted).length ?? UNKNOWN_LENGTH;
    const last = batches.at(-1);
    if (last !== undefined && last.indexes.length < MAX_IDS && last.bytes + bytes <= WANT_BYTES) {
      last.indexes.push(index);
      last.bytes += bytes;
    } else {
      batches.push({ indexes: [index], bytes });
    }
  }
  return batches;
}

function finalError(error: Error): LifeboatError | undefined {
  const code = FINAL_STATUS.get((error as { code?: unknown }).code);
  if (code === undefined) return undefined;
  return new LifeboatError(code, `the server refuses the download: ${messageOf(error)}`, { cause: error });
}
