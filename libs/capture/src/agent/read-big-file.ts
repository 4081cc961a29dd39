import { REREADS, type BytePath } from '@lifeboat/file-tree';
import type { ContentPart } from '@lifeboat/vault-format';
import { appendContent, contentOf, type FileContent } from './content.ts';
import type { InFlight } from './in-flight.ts';
import { WINDOW_BYTES } from './limits.ts';
import type { UploadSession } from './upload-session.ts';
import type { FileFacts, WindowResult } from './worker-messages.ts';
import { newJob, type WorkerPool } from './worker-pool.ts';

export interface BigFileOptions {
  session: UploadSession;
  workers: WorkerPool;
  inFlight: InFlight;
}

export type BigFileRead =
  ({ outcome: 'read' } & FileContent) | { outcome: 'vanished' } | { outcome: 'unreadable'; reason: string };

/**
 * A file too big for one buffer, in windows that begin at chunk boundaries: the next window starts as soon as this
 * one is cut, while it is still being sealed and sent, on whichever worker is free. Like `readStable`, a file that
 * changes meanwhile is read again up to REREADS times; the last pass keeps what it got, up to the size first seen.
 */
export async function readBigFile(
  location: BytePath,
  size: number,
  options: BigFileOptions,
): Promise<BigFileRead> {
  let end = size;
  for (let attempt = 0; ;) {
    const last = attempt === REREADS;
    const pass = await readPass(location, last ? Math.min(size, end) : end, options);
    if (pass.outcome !== 'read' && pass.outcome !== 'torn') return pass;
    if (pass.outcome === 'read' && (last || !pass.changedWhileRead)) return pass;
    end = pass.size;
    // A torn pass has no bytes to keep, so it cannot be the last one.
    if (pass.outcome === 'read') attempt += 1;
  }
}

interface WindowRead {
  window: WindowResult;
  content: ContentPart[];
}

type Pass =
  | ({ outcome: 'read'; size: number } & FileContent)
  | { outcome: 'torn'; size: number }
  | { outcome: 'vanished' }
  | { outcome: 'unreadable'; reason: string };

/** Reads once from start to `end`; `size` is what the file had when it was looked at last. */
async function readPass(location: BytePath, end: number, options: BigFileOptions): Promise<Pass> {
  const windows: { next: number; durable: Promise<WindowRead> }[] = [];
  let facts: FileFacts | undefined;
  let offset = 0;
  let size = end;
  try {
    for (let ended = false; !ended;) {
      await options.inFlight.room();
      const { cut, durable } = readWindow(location, offset, end, options);
      const started = { next: offset, durable };
      windows.push(started);
      const window = await cut;
      if (window.outcome !== 'read') return window;
      facts ??= window.facts;
      size = window.size;
      offset = started.next = window.next;
      ended = window.ended;
    }
    const content: ContentPart[] = [];
    let changedWhileRead = size !== end;
    for (const { next, durable } of windows) {
      const { window, content: part } = await durable;
      if (window.outcome !== 'read') return window;
      // After a broken connection a window is read again; where it ends otherwise now, the parts do not fit.
      if (window.next !== next) return { outcome: 'torn', size: window.size };
      changedWhileRead ||= facts === undefined || !sameFile(facts, window.facts);
      appendContent(content, part);
    }
    return { outcome: 'read', size, facts: facts as FileFacts, content, length: offset, changedWhileRead };
  } finally {
    await Promise.allSettled(windows.map(({ durable }) => durable));
  }
}

/** `cut` resolves when the end of the window is known, `durable` when its chunks are safe. */
function readWindow(
  location: BytePath,
  offset: number,
  end: number,
  { session, workers, inFlight }: BigFileOptions,
): { cut: Promise<WindowResult>; durable: Promise<WindowRead> } {
  const { promise: cut, resolve, reject } = Promise.withResolvers<WindowResult>();
  const credit = inFlight.take(WINDOW_BYTES);
  const durable = session
    .perform(async (connection, attempt) => {
      const lane = workers.freest();
      const free = lane.occupy(WINDOW_BYTES);
      const job = newJob();
      try {
        const read = await lane.request('read-window', {
          job,
          connection: connection.id,
          location,
          offset,
          end,
        });
        session.counters.bytesRead += read.bytesRead;
        resolve(read.window);
        await connection.deliverJob(lane, job, read, attempt, credit);
        const content = read.window.outcome === 'read' ? contentOf(read.window.parts, read) : [];
        return { window: read.window, content };
      } finally {
        free();
      }
    })
    .finally(() => credit.release());
  durable.catch(reject);
  return { cut, durable };
}

function sameFile(a: FileFacts, b: FileFacts): boolean {
  return a.inode === b.inode && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
