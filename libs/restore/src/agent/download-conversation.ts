import { LifeboatError, messageOf } from '@lifeboat/kernel';
import type { DownloadResponse } from '@lifeboat/wire';
import type { Wanted } from './chunk-fetcher.ts';
import type { DownloadCall } from './download-call.ts';

const MAX_IDS = 1024;
const MAX_WANTS = 4;
/** Asked for and not yet here; the bound on what the server has to hold ready for us. */
const MAX_OUTSTANDING_BYTES = 16 << 20;
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

interface Batch {
  readonly indexes: number[];
  readonly bytes: number;
}

interface Round {
  readonly batches: Batch[];
  readonly wanted: readonly Wanted[];
  readonly accept: (index: number, bytes: Buffer) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly unanswered: Map<bigint, Batch>;
  outstanding: number;
}

/** Our side of one Download call: open, wants within the limits of the contract, done. Ends with its call. */
export class DownloadConversation {
  readonly #call: DownloadCall;
  readonly #onAbort = (): void => this.#fail(new LifeboatError('CANCELLED', 'the restore was cancelled'));
  readonly #signal: AbortSignal | undefined;
  #opened = false;
  #ended: unknown;
  #round: Round | undefined;
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
   * Asks for `indexes` of `wanted`; resolves when every want is answered, which does not mean that every chunk came.
   * Rejects with a LifeboatError for what is final and with anything else for what a fresh call may mend.
   */
  fetch(indexes: readonly number[], wanted: readonly Wanted[], accept: Round['accept']): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const batches = batchesOf(indexes, wanted);
      this.#round = { batches, wanted, accept, resolve, reject, unanswered: new Map(), outstanding: 0 };
      this.#listen();
      this.#ask();
    });
  }

  finish(): void {
    if (this.#ended === undefined) {
      this.#call.write({ message: { $case: 'done', value: {} } });
      this.#call.end();
    }
    this.#close(new Error('the call is over'));
  }

  cancel(): void {
    this.#close(new Error('the call is over'));
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
    const round = this.#round;
    const batch = message === undefined ? undefined : round?.unanswered.get(message.value.sequence);
    if (message === undefined || round === undefined || batch === undefined) {
      throw new LifeboatError('PROTOCOL_BREACH', 'download: an answer to a want that is not open');
    }
    if (message.$case === 'chunk') {
      const index = batch.indexes[message.value.index];
      if (index === undefined)
        throw new LifeboatError('PROTOCOL_BREACH', 'download: a chunk outside its want');
      round.accept(index, message.value.data);
      return;
    }
    round.unanswered.delete(message.value.sequence);
    round.outstanding -= batch.bytes;
    this.#ask();
  }

  #ask(): void {
    const round = this.#round;
    if (!this.#opened || round === undefined) return;
    for (let next = round.batches[0]; next !== undefined; next = round.batches[0]) {
      const isFull = round.outstanding > 0 && round.outstanding + next.bytes > MAX_OUTSTANDING_BYTES;
      if (isFull || round.unanswered.size >= MAX_WANTS) return;
      round.batches.shift();
      this.#sequence += 1n;
      round.unanswered.set(this.#sequence, next);
      round.outstanding += next.bytes;
      const ids = next.indexes.map((index) => (round.wanted[index] as Wanted).chunk);
      this.#call.write({
        message: { $case: 'want', value: { sequence: this.#sequence, chunkIds: Buffer.concat(ids) } },
      });
    }
    if (round.unanswered.size > 0) return;
    this.#round = undefined;
    clearTimeout(this.#silence);
    round.resolve();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    if (this.#round === undefined) return;
    const silent = (): void => this.#fail(new Error(`nothing was heard for ${SILENCE_MILLIS / 1000} s`));
    this.#silence = setTimeout(silent, SILENCE_MILLIS);
  }

  #fail(error: unknown): void {
    if (this.#ended !== undefined) return;
    const round = this.#round;
    this.#close(error);
    round?.reject(error);
  }

  #close(reason: unknown): void {
    this.#ended ??= reason;
    this.#round = undefined;
    clearTimeout(this.#silence);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

function batchesOf(indexes: readonly number[], wanted: readonly Wanted[]): Batch[] {
  const batches: { indexes: number[]; bytes: number }[] = [];
  for (const index of indexes) {
    const bytes = (wanted[index] as Wanted).length ?? UNKNOWN_LENGTH;
    const last = batches.at(-1);
    if (
      last !== undefined &&
      last.indexes.length < MAX_IDS &&
      last.bytes + bytes <= MAX_OUTSTANDING_BYTES / MAX_WANTS
    ) {
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
