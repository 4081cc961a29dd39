import type { Readable } from 'node:stream';
import { invariant } from '@lifeboat/kernel';
import { pathFault, type ContentPart, type ManifestEntry } from '@lifeboat/vault-format';
import type { CaptureResult } from '@lifeboat/wire';
import { CaptureReport } from './capture-report.ts';
import type { CaptureOptions } from './capture-tree.ts';
import { appendContent, contentOf } from './content.ts';
import { InFlight } from './in-flight.ts';
import { IN_FLIGHT_BYTES, WINDOW_BYTES } from './limits.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { UploadSession } from './upload-session.ts';
import { newJob, type WorkerPool } from './worker-pool.ts';

export interface StreamCaptureOptions extends Omit<CaptureOptions, 'tree' | 'stateDir'> {
  /** Modification time of the file: a stream has none of its own. Nanoseconds since 1970. */
  mtimeNs: bigint;
}

/**
 * Captures a stream as a tree of one file `name` (mode 0600). The stream is read no faster than its bytes become
 * durable. Throws what the stream throws, CANCELLED, and what the server refuses for good; then the stream is
 * destroyed.
 */
export async function captureStream(
  name: string,
  readable: Readable,
  options: StreamCaptureOptions,
): Promise<CaptureResult> {
  invariant(
    name !== '' && !name.includes('/') && pathFault(Buffer.from(name)) === undefined,
    'a plain file name',
  );
  const session = new UploadSession({ ...options, operationId: options.operationId ?? '' });
  const report = new CaptureReport(options.clock);
  const manifest = new ManifestWriter(session, () => undefined);
  try {
    const { content, size } = await sendStream(readable, session, options);
    manifest.push(virtualEntry(Buffer.alloc(0), 'directory', 0o700, options.mtimeNs));
    manifest.push({ ...virtualEntry(Buffer.from(name), 'file', 0o600, options.mtimeNs), content, size });
    const root = await manifest.finish();
    await session.finish();
    report.filesChanged = 1;
    return report.result(root, manifest, session.counters, options.clock);
  } catch (error) {
    readable.destroy(error as Error);
    throw error;
  } finally {
    await session.close();
  }
}

function virtualEntry(path: Buffer, type: 'file' | 'directory', mode: number, timeNs: bigint): ManifestEntry {
  return {
    path,
    type,
    mode,
    uid: 0,
    gid: 0,
    mtimeNs: timeNs,
    ctimeNs: timeNs,
    size: 0,
    inode: 0n,
    content: [],
  };
}

interface SentWindow {
  content: ContentPart[];
}

/** Windows are cut one after the other and sealed and sent side by side. */
async function sendStream(
  readable: Readable,
  session: UploadSession,
  options: { workers: WorkerPool; signal: AbortSignal },
): Promise<{ content: ContentPart[]; size: number }> {
  const inFlight = new InFlight(IN_FLIGHT_BYTES);
  const sending: Promise<SentWindow>[] = [];
  const window = new StreamWindow();
  let size = 0;
  let failure: { error: unknown } | undefined;

  const send = async (final: boolean): Promise<void> => {
    await inFlight.room();
    if (failure !== undefined) throw failure.error;
    const bytes = window.bytes();
    const credit = inFlight.take(bytes.length);
    const { cut, durable } = sendWindow(bytes, final, session, options.workers);
    durable
      .finally(() => credit.release())
      .catch((error: unknown) => {
        failure ??= { error };
      });
    sending.push(durable);
    const consumed = await cut;
    size += consumed;
    window.consume(consumed);
  };

  try {
    for await (const piece of readable) {
      const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(piece as Uint8Array | string);
      for (let taken = 0; taken < bytes.length;) {
        taken += window.fill(bytes, taken);
        if (window.full) await send(false);
      }
      session.counters.bytesRead += bytes.length;
    }
    while (window.length > 0) await send(true);
    const content: ContentPart[] = [];
    for (const sent of sending) appendContent(content, (await sent).content);
    return { content, size };
  } finally {
    await Promise.allSettled(sending);
  }
}

function sendWindow(
  bytes: Buffer,
  final: boolean,
  session: UploadSession,
  workers: WorkerPool,
): { cut: Promise<number>; durable: Promise<SentWindow> } {
  const { promise: cut, resolve, reject } = Promise.withResolvers<number>();
  const durable = session.perform(async (connection, attempt) => {
    const lane = workers.freest();
    const free = lane.occupy(bytes.length);
    const job = newJob();
    try {
      // Copied to the worker: a stream cannot be read again, so these bytes stay until they are durable.
      const answer = await lane.request('cut-bytes', { job, connection: connection.id, bytes, final });
      resolve(answer.consumed);
      await connection.deliverJob(lane, job, answer, attempt);
      return { content: contentOf(answer.parts, answer) };
    } finally {
      free();
    }
  });
  durable.catch(reject);
  return { cut, durable };
}

/** Collects pieces of a stream until there are enough to cut. */
class StreamWindow {
  #buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get full(): boolean {
    return this.#length === this.#buffer.length;
  }

  /** Returns how many bytes of `piece` from `start` fitted. */
  fill(piece: Buffer, start: number): number {
    const copied = piece.copy(this.#buffer, this.#length, start);
    this.#length += copied;
    return copied;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The bytes handed out stay theirs: the rest moves to a new buffer. */
  consume(count: number): void {
    const rest = this.#buffer.subarray(count, this.#length);
    this.#buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
    this.#length = rest.copy(this.#buffer);
  }
}
