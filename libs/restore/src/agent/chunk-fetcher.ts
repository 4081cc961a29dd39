import { LifeboatError, isLifeboatError, messageOf, type Log } from '@lifeboat/kernel';
import { Backoff, sleep } from '@lifeboat/runtime';
import { computeChunkId, type ChunkType } from '@lifeboat/vault-format';
import type { DownloadFactory } from './download-call.ts';
import { DownloadConversation } from './download-conversation.ts';

export interface Wanted {
  readonly chunk: Buffer;
  /** Raw bytes; undefined when not known (the root of a manifest). */
  readonly length?: number;
}

export interface ChunkFetcherOptions {
  readonly restoreId: string;
  readonly open: DownloadFactory;
  /** The cluster's chunk-id key: with it every byte received is identified before it is used. */
  readonly idKey: Uint8Array;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  readonly backoff?: Backoff;
}

/** Calls in a row that may fail without a single chunk arriving. */
const MAX_FRUITLESS_CALLS = 8;

/**
 * Fetches chunks over Download calls, resuming on a fresh call (with back-off) where a broken one left off. Chunks
 * are handed over as they arrive, each once, identified. Throws CHUNK_MISSING, VERIFY_MISMATCH, UNREACHABLE,
 * NOT_AUTHORISED, CANCELLED.
 */
export class ChunkFetcher {
  readonly #options: ChunkFetcherOptions;
  readonly #backoff: Backoff;
  #conversation: DownloadConversation | undefined;

  constructor(options: ChunkFetcherOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  async fetch(
    type: ChunkType,
    wanted: readonly Wanted[],
    onChunk: (index: number, bytes: Buffer) => void,
  ): Promise<void> {
    const received = new Uint8Array(wanted.length);
    let left = wanted.length;
    const accept = (index: number, bytes: Buffer): void => {
      const want = wanted[index];
      if (want === undefined || received[index] === 1) throw breach('a chunk nobody asked for arrived');
      this.#identify(type, want, bytes);
      received[index] = 1;
      left -= 1;
      onChunk(index, bytes);
    };
    for (let fruitless = 0; left > 0;) {
      const before = left;
      const missing = indexesOf(received);
      try {
        await this.#converse().fetch(missing, wanted, accept);
        if (left > 0) throw chunkMissing(left);
      } catch (error) {
        this.#drop();
        if (isLifeboatError(error)) throw error;
        if (left < before) {
          fruitless = 0;
          this.#backoff.reset();
        }
        fruitless += 1;
        if (fruitless >= MAX_FRUITLESS_CALLS) throw unreachable(error);
        this.#options.log.warn(
          { left, error: messageOf(error) },
          'download broke off; going on with a fresh call',
        );
        await sleep(this.#backoff.next(), this.#options.signal);
      }
    }
    this.#backoff.reset();
  }

  close(): void {
    this.#conversation?.finish();
    this.#conversation = undefined;
  }

  #converse(): DownloadConversation {
    if (this.#conversation?.isOpen !== true) {
      this.#conversation = new DownloadConversation(
        this.#options.open(),
        this.#options.restoreId,
        this.#options.signal,
      );
    }
    return this.#conversation;
  }

  #drop(): void {
    this.#conversation?.cancel();
    this.#conversation = undefined;
  }

  #identify(type: ChunkType, want: Wanted, bytes: Buffer): void {
    const fits = want.length === undefined || want.length === bytes.length;
    if (fits && computeChunkId(this.#options.idKey, type, bytes).equals(want.chunk)) return;
    throw new LifeboatError(
      'VERIFY_MISMATCH',
      `the bytes sent for chunk ${want.chunk.toString('hex')} are not that chunk`,
      {
        guidance:
          'Run `lifeboat vault check` on the server: what it holds or sends is damaged. Nothing live has changed.',
      },
    );
  }
}

function indexesOf(received: Uint8Array): number[] {
  const missing: number[] = [];
  for (let index = 0; index < received.length; index += 1) if (received[index] === 0) missing.push(index);
  return missing;
}

function breach(what: string): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `download: ${what}`);
}

function chunkMissing(count: number): LifeboatError {
  return new LifeboatError(
    'CHUNK_MISSING',
    `the server does not have ${count} of the chunks this restore needs`,
    {
      guidance: 'Run `lifeboat vault check` and choose another set. Nothing live has changed.',
    },
  );
}

function unreachable(cause: unknown): LifeboatError {
  return new LifeboatError('UNREACHABLE', `the server sends no chunks: ${messageOf(cause)}`, {
    guidance: 'Check the connection from this node to the server; staging goes on where it stopped.',
    cause,
  });
}
