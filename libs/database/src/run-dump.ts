import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LifeboatError, toLifeboatError, type Log } from '@lifeboat/kernel';
import type { ClientExit, ClientProcess } from './client-process.ts';
import type { Dump, DumpReport } from './database-engine.ts';
import { tap, type Observer } from './tap.ts';

export interface DumpRun {
  /** Sees every byte; its `finish` throws when the dump is not whole. */
  readonly observer: Observer;
  readonly log: Log;
  start(): Promise<{ readonly client: ClientProcess; cleanUp(): Promise<void> }>;
  /** After a whole dump and a good exit. */
  report(): Promise<DumpReport>;
}

/**
 * Drives a dump program: its output through the observer to the consumer, then exit code, end mark and report.
 * The stream ends only after all of that, so who reads it to its end holds a proven dump; else it fails.
 */
export function runDump(run: DumpRun): Pick<Dump, 'stream' | 'done' | 'cancel'> {
  const stream = tap(run.observer);
  let client: ClientProcess | undefined;
  let cancelled = false;
  const assertWanted = (): void => {
    if (cancelled) throw new LifeboatError('CANCELLED', 'the dump was cancelled');
  };

  const proven = async (): Promise<DumpReport> => {
    const started = await run.start();
    client = started.client;
    try {
      if (cancelled) await client.kill();
      client.stdin.end();
      run.log.info({ pid: client.pid }, 'dump started');
      const exit = await passThrough(client, stream);
      assertWanted();
      if (!exit.ok) {
        throw new LifeboatError('DATABASE_DUMP_FAILED', `the dump program ended with ${exit.reason}`, {
          guidance: 'the reason is the program’s own; mend it and take the set again',
        });
      }
      run.observer.finish();
      return await run.report();
    } finally {
      await started.cleanUp();
    }
  };

  const done = proven().then(
    (report) => {
      stream.end();
      return report;
    },
    (thrown: unknown) => {
      const error = toLifeboatError(thrown, 'DATABASE_DUMP_FAILED');
      stream.destroy(error);
      throw error;
    },
  );
  // Whoever waits for `done` or reads the stream gets the error; nobody has to do both.
  done.catch(() => undefined);
  stream.on('error', () => undefined);
  return {
    stream,
    done,
    cancel: async () => {
      cancelled = true;
      stream.resume();
      await client?.kill();
      await done.catch(() => undefined);
    },
  };
}

/** Waits until the stream holds nothing back: a pipeline that does not end its target resolves before that. */
function passed(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(Buffer.alloc(0), (error) => (error ? reject(error) : resolve()));
  });
}

/** Its reader closed it: what that was for the reader knows, and the pipeline only that it ended early. */
function stopped(stream: Transform): boolean {
  return stream.destroyed && (stream.errored === null || stream.errored.name === 'AbortError');
}

/** Moves the client's bytes into the tap and waits for both: the end of output alone proves nothing. */
async function passThrough(client: ClientProcess, stream: Transform): Promise<ClientExit> {
  try {
    await pipeline(client.stdout, stream, { end: false });
    await passed(stream);
  } catch (thrown) {
    await client.kill();
    if (stopped(stream)) throw new LifeboatError('CANCELLED', 'whoever read the dump stopped before its end');
    throw toLifeboatError(thrown, 'DATABASE_DUMP_FAILED');
  }
  return client.exit;
}
