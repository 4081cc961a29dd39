import type { Vault } from '@lifeboat/vault';
import {
  CHUNK_ID_LENGTH,
  isUuid,
  LifeboatError,
  messageOf,
  toLifeboatError,
  type ClusterId,
  type Log,
  type NodeId,
  type RestoreId,
} from '@lifeboat/kernel';
import {
  CHUNKS_HEADROOM,
  type DownloadRequest,
  type DownloadResponse,
  type EncodedDownloadResponse,
  type Want,
} from '@lifeboat/wire';
import type { ServerCall } from '@lifeboat/rpc';
import { Semaphore } from '@lifeboat/runtime';
import { BufferPool } from '@lifeboat/runtime/buffer-pool';
import { ChunksMessage, MESSAGE_BUFFERS } from './chunks-message.ts';

type Response = DownloadResponse | EncodedDownloadResponse;

export type DownloadServerCall = ServerCall<DownloadRequest, Response>;

export interface DownloadContext {
  readonly cluster: ClusterId;
  readonly node: NodeId;
  readonly vault: Vault;
  /** Rejects (NOT_AUTHORISED) unless this node takes part in this restore and the restore is under way. */
  authorise(restoreId: RestoreId): Promise<void>;
  readonly log: Log;
}

/** Limits of one download (PROTOCOL.md); beyond them it is a breach. */
export const DOWNLOAD_LIMITS = { wantedChunks: 1024, unansweredWants: 4 } as const;

/** While one want's chunks go out, the next one's are looked up and read. */
const WANTS_AT_ONCE = 2;

/**
 * Serves one download to its end: open, wants, done. Rejects with what went wrong; the caller turns that into the
 * call's status.
 */
export async function handleDownload(call: DownloadServerCall, context: DownloadContext): Promise<void> {
  await new DownloadSession(call, context).run();
}

class DownloadSession {
  readonly #call: DownloadServerCall;
  readonly #context: DownloadContext;
  readonly #ended = Promise.withResolvers<void>();
  #restoreId: RestoreId | undefined;
  #opened: Promise<void> | undefined;
  readonly #answering = new Set<Promise<void>>();
  readonly #room = new Semaphore(WANTS_AT_ONCE);
  readonly #buffers = new BufferPool(MESSAGE_BUFFERS.length, MESSAGE_BUFFERS.kept);
  #done = false;
  #over = false;
  #drained: (() => void)[] = [];

  constructor(call: DownloadServerCall, context: DownloadContext) {
    this.#call = call;
    this.#context = context;
  }

  async run(): Promise<void> {
    this.#call.on('data', (request) => this.#guarded(() => this.#receive(request)));
    this.#call.on('drain', () => this.#wakeWriters());
    this.#call.on('end', () => this.#guarded(() => this.#hungUp()));
    this.#call.on('cancelled', () =>
      this.#fail(new LifeboatError('CANCELLED', 'the download was cancelled')),
    );
    this.#call.on('error', (error) =>
      this.#fail(
        new LifeboatError('CANCELLED', `the download broke off: ${messageOf(error)}`, { cause: error }),
      ),
    );
    await this.#ended.promise;
    this.#over = true;
    this.#call.end();
  }

  #receive(request: DownloadRequest): void {
    const message = request.message;
    if (message === undefined) throw breach('an empty or unknown message');
    if (this.#done) throw breach('a message after done');
    if (message.$case === 'open') return this.#open(message.value.restoreId);
    if (this.#restoreId === undefined) throw breach('the first message must be open');
    if (message.$case === 'want') return this.#want(message.value);
    this.#done = true;
    void this.#finish();
  }

  #open(restoreId: string): void {
    if (this.#restoreId !== undefined) throw breach('a second open');
    if (!isUuid(restoreId)) throw breach('a restore id that is none');
    const id = restoreId as RestoreId;
    this.#restoreId = id;
    this.#opened = this.#answer(async () => {
      await this.#context.authorise(id);
      await this.#write({ message: { $case: 'opened', value: {} } });
    });
  }

  #want({ sequence, chunkIds }: Want): void {
    const count = chunkIds.length / CHUNK_ID_LENGTH;
    if (!Number.isInteger(count) || count === 0) throw breach('a want of broken or no chunk ids');
    if (count > DOWNLOAD_LIMITS.wantedChunks)
      throw breach(`a want of more than ${DOWNLOAD_LIMITS.wantedChunks} chunks`);
    if (this.#answering.size >= DOWNLOAD_LIMITS.unansweredWants) {
      throw breach(`more than ${DOWNLOAD_LIMITS.unansweredWants} unanswered wants`);
    }
    const answer = this.#answer(async () => {
      await this.#opened;
      await this.#room.run(async () => this.#send(sequence, chunkIds));
      this.#answering.delete(answer);
      await this.#write({ message: { $case: 'wantDone', value: { sequence } } });
    });
    this.#answering.add(answer);
  }

  async #send(sequence: bigint, chunkIds: Buffer): Promise<void> {
    const { vault, cluster } = this.#context;
    this.#assertListening();
    let buffer: Buffer | undefined;
    let message: ChunksMessage | undefined;
    const flush = async (): Promise<void> => {
      const written = buffer;
      const encoded = message?.encoded();
      [buffer, message] = [undefined, undefined];
      if (written !== undefined && encoded !== undefined)
        await this.#write(encoded, () => this.#buffers.give(written));
    };
    await vault.readSealedChunks(cluster, chunkIds, async (index, chunk) => {
      if (message?.hasRoomFor(chunk) === false) await flush();
      buffer ??= this.#buffers.take(CHUNKS_HEADROOM + chunk.length);
      message ??= new ChunksMessage(sequence, buffer);
      message.add(index, chunk);
    });
    await flush();
  }

  async #finish(): Promise<void> {
    await this.#opened;
    await Promise.all(this.#answering);
    this.#ended.resolve();
  }

  async #answer(work: () => Promise<void>): Promise<void> {
    try {
      if (!this.#over) await work();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Resolves when there is room for more; rejects when nobody listens any more, which ends the reading behind it. */
  async #write(response: Response, written?: () => void): Promise<void> {
    this.#assertListening();
    if (this.#call.write(response, written)) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
    this.#assertListening();
  }

  #assertListening(): void {
    if (this.#over) throw new LifeboatError('CANCELLED', 'the download is over');
  }

  #wakeWriters(): void {
    for (const wake of this.#drained.splice(0)) wake();
  }

  #hungUp(): void {
    if (!this.#done) throw new LifeboatError('CANCELLED', 'the agent ended the download before it was done');
  }

  #guarded(work: () => void): void {
    if (this.#over) return;
    try {
      work();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended.reject(toLifeboatError(thrown));
    this.#wakeWriters();
  }
}

function breach(what: string): LifeboatError {
  return new LifeboatError('PROTOCOL_BREACH', `download: ${what}`, {
    guidance: 'Bring agent and server to the same version.',
  });
}
