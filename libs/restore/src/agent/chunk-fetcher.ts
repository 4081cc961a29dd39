import { LifeboatError, isLifeboatError, messageOf, type Log } from '@lifeboat/kernel';
import { Backoff, sleep } from '@lifeboat/runtime';
import { reusableZstd } from '@lifeboat/runtime/zstd';
import type { ChunkType } from '@lifeboat/vault-format';
import { breach, eachChunk } from './arrived-chunks.ts';
import type { DownloadFactory } from './download-call.ts';
import { DownloadConversation, type OnArrived } from './download-conversation.ts';
import { openChunk } from './open-chunk.ts';

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

const zstd = reusableZstd();

/** Calls in a row that may fail without a single chunk arriving. */
const MAX_FRUITLESS_CALLS = 8;

/**
 * Fetches chunks over Download calls, resuming on a fresh call (with back-off) where a broken one left off. Chunks
 * are handed over as they arrive, each once. Throws CHUNK_MISSING, VERIFY_MISMATCH, UNREACHABLE,
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

  /** Each chunk expanded and identified, valid for as long as it is wanted. */
  async fetch(
    type: ChunkType,
    wanted: readonly Wanted[],
    onChunk: (index: number, bytes: Buffer) => void,
  ): Promise<void> {
    await this.fetchPacked(wanted, async (arrived) => {
      for (const { index, ...chunk } of eachChunk(arrived))
        onChunk(index, openChunk(this.#options.idKey, type, wanted[index]!.chunk, chunk, zstd));
    });
  }

  /**
   * Each chunk as it came, of the length that is wanted: whoever expands it has to identify it. No `onArrived` is under
   * way when this settles, also by a rejection.
   */
  async fetchPacked(wanted: readonly Wanted[], onArrived: OnArrived): Promise<void> {
    const received = new Uint8Array(wanted.length);
    const dealing = new Set<Promise<void>>();
    let left = wanted.length;
    let failure: { error: unknown } | undefined;
    const deal: OnArrived = async (arrived) => {
      try {
        await onArrived(arrived);
      } catch (error) {
        failure ??= { error };
        throw error;
      }
    };
    const accept: OnArrived = async (arrived) => {
      for (const [at, index] of arrived.indexes.entries()) {
        if (received[index] === 1) throw breach('a chunk that was here already arrived');
        const { length } = wanted[index]!;
        if (length !== undefined && length !== arrived.rawLengths[at])
          throw breach('a chunk of another length arrived');
        received[index] = 1;
      }
      left -= arrived.indexes.length;
      const dealt = deal(arrived);
      dealing.add(dealt);
      await dealt.finally(() => dealing.delete(dealt));
    };
    try {
      for (let fruitless = 0; left > 0;) {
        const before = left;
        const conversation = this.#converse();
        try {
          await conversation.fetch(indexesOf(received), wanted, accept);
          if (left > 0) throw chunkMissing(left);
        } catch (error) {
          this.#drop(conversation, error);
          // Its chunks are here, so a fresh call would not bring them again.
          if (failure !== undefined) throw failure.error;
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
    } finally {
      await Promise.allSettled(dealing);
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

  /** Of several fetches that it fails, the first one opens the next. */
  #drop(conversation: DownloadConversation, reason: unknown): void {
    conversation.cancel(reason);
    if (this.#conversation === conversation) this.#conversation = undefined;
  }
}

function indexesOf(received: Uint8Array): number[] {
  const missing: number[] = [];
  for (let index = 0; index < received.length; index += 1) if (received[index] === 0) missing.push(index);
  return missing;
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
