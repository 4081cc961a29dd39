import { randomBytes } from 'node:crypto';
import {
  asBuffer,
  CHUNK_ID_LENGTH,
  invariant,
  LifeboatError,
  messageOf,
  uuidToBytes,
  type Log,
} from '@lifeboat/kernel';
import { createSessionKey, wrapSessionKey } from '@lifeboat/identity';
import { keyIdOf, type ChunkType } from '@lifeboat/vault-format';
import { abortableDelay } from './abortable-delay.ts';
import { mayReconnect, UploadConnection } from './upload-connection.ts';
import { DeadBuffers } from '../dead-buffers.ts';
import { mainMemory } from '../idle-memory.ts';
import type { SealingContext, UploadFactory } from './upload-call.ts';
import type { InFlightCredit } from './in-flight.ts';
import type { Lane, WorkerPool } from './worker-pool.ts';
import type { FrameMessage, OfferedChunks } from './worker-messages.ts';

export interface UploadSessionOptions {
  operationId: string;
  welcome: SealingContext;
  upload: UploadFactory;
  workers: WorkerPool;
  log: Log;
  signal: AbortSignal;
}

/** What went over the wire in one session. */
export interface TransferCounters {
  bytesRead: number;
  /** Raw bytes of file chunks that the server did not have. */
  bytesChanged: number;
  /** Frame bytes sent, those sent again included. */
  bytesWire: number;
  /** Frames sent by work that a broken connection made begin again. */
  framesResent: number;
}

const FIRST_DELAY_MILLIS = 250;
const LONGEST_DELAY_MILLIS = 15_000;

let nextConnection = 1;

/**
 * The way to the server for one operation, across any number of broken calls. Work is a function of a live
 * connection that resolves only when everything it sent is durable; when the connection breaks first, a new one is
 * made (new session keys, back-off) and the same work begins again on it. What was durable is then answered "have",
 * so nothing acknowledged is sent twice.
 */
export class UploadSession {
  readonly counters: TransferCounters = { bytesRead: 0, bytesChanged: 0, bytesWire: 0, framesResent: 0 };
  readonly welcome: SealingContext;
  readonly #options: UploadSessionOptions;
  #current: Promise<SessionConnection> | undefined;
  readonly #dead = new DeadBuffers(4 * 1024 * 1024);
  #failedInARow = 0;
  #closed = false;

  constructor(options: UploadSessionOptions) {
    this.#options = options;
    this.welcome = options.welcome;
    mainMemory.begin();
    options.signal.addEventListener('abort', this.#onAbort);
  }

  /** `attempt` counts from 0. Throws CANCELLED when aborted, and what the server refuses for good. */
  async perform<T>(work: (connection: SessionConnection, attempt: number) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const connection = await this.#connect();
      try {
        return await work(connection, attempt);
      } catch (error) {
        const { failure } = connection;
        if (failure === undefined) throw error;
        if (this.#options.signal.aborted) throw cancelled();
        if (!mayReconnect(failure)) throw failure;
      }
    }
  }

  /** The server has answered everything and closed in peace. */
  async finish(): Promise<void> {
    await this.perform((connection) => connection.upload.finish());
    await this.close();
  }

  /** Ends the call, in whatever state it is, and forgets its keys. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    const connection = await this.#current?.catch(() => undefined);
    connection?.upload.abort(cancelled());
    await connection?.forget();
    mainMemory.end();
  }

  readonly #onAbort = (): void => {
    this.#current?.then((connection) => connection.upload.abort(cancelled())).catch(() => undefined);
  };

  async #connect(): Promise<SessionConnection> {
    for (;;) {
      if (this.#options.signal.aborted) throw cancelled();
      invariant(!this.#closed, 'the upload session is closed');
      const current = (this.#current ??= this.#open());
      const connection = await current;
      if (connection.failure === undefined) return connection;
      if (this.#current !== current) continue;
      // The first to notice clears it, the others find the next one.
      this.#current = undefined;
      this.#options.log.info({ err: connection.failure.message }, 'upload broke; reconnecting');
      await connection.forget();
    }
  }

  async #open(): Promise<SessionConnection> {
    const { welcome, workers, log, signal, operationId, upload } = this.#options;
    for (;;) {
      const lanes = await Promise.all(
        workers.lanes.map(async (lane) => {
          const key = createSessionKey();
          return { lane, key, wrapped: await wrapSessionKey(welcome.sealPublicKey, key) };
        }),
      );
      if (signal.aborted) throw cancelled();
      const call = new UploadConnection(
        upload(),
        { operationId, wrappedKeys: lanes.map(({ wrapped }) => wrapped) },
        (bytes) => {
          this.counters.bytesWire += bytes;
        },
      );
      const connection = new SessionConnection(call, workers, this.counters, this.#dead);
      const stop = (): void => call.abort(cancelled());
      signal.addEventListener('abort', stop);
      try {
        await Promise.all([
          call.opened(),
          ...lanes.map(({ lane, key, wrapped }) =>
            lane.request('connect', {
              connection: connection.id,
              vault: uuidToBytes(welcome.vaultId),
              cluster: uuidToBytes(welcome.clusterId),
              idKey: welcome.idKey,
              gearKey: welcome.gearKey,
              keyId: keyIdOf(wrapped),
              key,
            }),
          ),
        ]);
        this.#failedInARow = 0;
        return connection;
      } catch (error) {
        await connection.forget();
        if (signal.aborted) throw cancelled();
        const { failure } = call;
        if (failure === undefined || !mayReconnect(failure)) throw failure ?? error;
        log.warn(
          { err: messageOf(failure), failures: this.#failedInARow + 1 },
          'upload did not open; trying again',
        );
        await this.#backOff(signal);
      } finally {
        signal.removeEventListener('abort', stop);
        for (const { key } of lanes) key.fill(0);
      }
    }
  }

  /** Full jitter: agents that lost the same server do not return in step. */
  async #backOff(signal: AbortSignal): Promise<void> {
    const ceiling = Math.min(LONGEST_DELAY_MILLIS, FIRST_DELAY_MILLIS * 2 ** this.#failedInARow);
    this.#failedInARow += 1;
    const share = randomBytes(4).readUInt32LE(0) / 2 ** 32;
    await abortableDelay(ceiling * share, signal);
  }
}

/** A connection with the workers' keys for it, and the ids that are on their way over it. */
export class SessionConnection {
  readonly id = nextConnection++;
  readonly upload: UploadConnection;
  readonly #workers: WorkerPool;
  readonly #counters: TransferCounters;
  readonly #dead: DeadBuffers;
  /** Ids being sealed or sent, to when they are durable: two batches with the same bytes send them once. */
  readonly #onTheWay = new Map<string, Promise<void>>();

  constructor(upload: UploadConnection, workers: WorkerPool, counters: TransferCounters, dead: DeadBuffers) {
    this.upload = upload;
    this.#workers = workers;
    this.#counters = counters;
    this.#dead = dead;
  }

  get failure(): LifeboatError | undefined {
    return this.upload.failure;
  }

  /**
   * Offers a job's chunks, has the missing ones sealed and sends them; resolves when all of them are durable. `credit`
   * shrinks to what of the job is still in memory; none where the caller keeps what was read.
   */
  async deliverJob(
    lane: Lane,
    job: number,
    offered: OfferedChunks,
    attempt: number,
    credit?: InFlightCredit,
  ): Promise<void> {
    let sealed = false;
    let held = 0;
    try {
      const seal = async (wanted: number[]): Promise<FrameMessage[]> => {
        sealed = true;
        for (const index of wanted) this.#counters.bytesChanged += offered.lengths[index] as number;
        const messages = await lane.request('seal', { job, wanted });
        // What was read is not held any longer, only what came of it.
        held = sum(messages, ({ bytes }) => bytes);
        credit?.shrinkTo(held);
        return messages;
      };
      const onFree = ({ bytes }: FrameMessage): void => credit?.shrinkTo((held -= bytes));
      await this.#deliver(offered.ids, attempt, lane, seal, onFree);
    } finally {
      if (!sealed) await lane.request('drop', { job });
    }
  }

  /** Chunks that the main thread made itself. */
  async deliverGiven(
    type: ChunkType,
    chunks: readonly { id: Buffer; raw: Buffer }[],
    attempt: number,
  ): Promise<void> {
    const ids = Buffer.concat(chunks.map(({ id }) => id));
    const lane = this.#workers.freest();
    await this.#deliver(ids, attempt, lane, async (wanted) => {
      const missing = wanted.map((index) => chunks[index] as { id: Buffer; raw: Buffer });
      return await lane.request('seal-given', {
        connection: this.id,
        type,
        ids: missing.map(({ id }) => id),
        chunks: missing.map(({ raw }) => raw),
      });
    });
  }

  /** The keys of this connection end with it. */
  async forget(): Promise<void> {
    await Promise.all(this.#workers.lanes.map((lane) => lane.request('disconnect', { connection: this.id })));
  }

  async #deliver(
    ids: Uint8Array,
    attempt: number,
    lane: Lane,
    seal: (wanted: number[]) => Promise<FrameMessage[]>,
    onFree?: (message: FrameMessage) => void,
  ): Promise<void> {
    const missing = await this.upload.offer(ids);
    const bytes = asBuffer(ids);
    const mine: number[] = [];
    const texts: string[] = [];
    const others: Promise<void>[] = [];
    for (const index of missing) {
      const text = bytes.toString('latin1', index * CHUNK_ID_LENGTH, (index + 1) * CHUNK_ID_LENGTH);
      const onTheWay = this.#onTheWay.get(text);
      if (onTheWay === undefined) {
        mine.push(index);
        texts.push(text);
      } else {
        others.push(onTheWay);
      }
    }
    if (mine.length > 0) {
      const durable = this.#sealAndSend(mine, lane, seal, attempt, onFree);
      for (const text of texts) this.#onTheWay.set(text, durable);
      const forget = (): void => {
        for (const text of texts) this.#onTheWay.delete(text);
      };
      durable.then(forget, forget);
      others.push(durable);
    }
    await Promise.all(others);
  }

  async #sealAndSend(
    wanted: number[],
    lane: Lane,
    seal: (wanted: number[]) => Promise<FrameMessage[]>,
    attempt: number,
    onFree?: (message: FrameMessage) => void,
  ): Promise<void> {
    const sealed = await seal(wanted);
    if (attempt > 0) this.#counters.framesResent += sum(sealed, ({ frames }) => frames);
    // Whatever breaks, work begins again from what was read: nobody needs sealed bytes once they are written.
    await this.upload.send(sealed, (message) => {
      onFree?.(message);
      lane.giveBack(message.buffer);
      // The transport framed it in a buffer of its own.
      this.#dead.made(message.bytes);
    });
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

export function cancelled(): LifeboatError {
  return new LifeboatError('CANCELLED', 'the capture was cancelled');
}
