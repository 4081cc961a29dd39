import type { Dump, DumpReport } from '@lifeboat/database';
import { systemCodeOf } from '@lifeboat/kernel';
import type { CaptureResult } from '@lifeboat/wire';
import { captureStream, type StreamCaptureOptions } from './capture-stream.ts';

/** Name of the one file in the capture that is a dump. */
const DUMP_FILE = 'database.dump';

export interface CapturedDump {
  readonly secondLook: Dump['secondLook'];
  readonly goOn: Dump['goOn'];
  /** Settles when the dump is complete in the vault and proven whole. */
  readonly finished: Promise<{ readonly capture: CaptureResult; readonly report: DumpReport }>;
  /** Resolves when nothing of it runs any more. */
  cancel(): Promise<void>;
}

/** The dump's bytes go straight up, as a capture of one virtual file: never a temporary copy. */
export function captureDump(
  dump: Dump,
  options: Omit<StreamCaptureOptions, 'mtimeNs' | 'signal'>,
): CapturedDump {
  const abort = new AbortController();
  const mtimeNs = BigInt(options.clock.now().getTime()) * 1_000_000n;
  const captured = captureStream(DUMP_FILE, dump.stream, { ...options, mtimeNs, signal: abort.signal });
  const finished = bothOf(captured, dump.done);
  // Whoever waits gets the error; a dump that is cancelled has nobody waiting.
  finished.catch(() => undefined);
  return {
    secondLook: dump.secondLook,
    goOn: () => dump.goOn(),
    finished,
    cancel: async () => {
      abort.abort();
      await dump.cancel();
      await Promise.allSettled([captured, dump.done]);
    },
  };
}

/** When both fail, one because of the other: a dump whose reader gave up only says that it was cancelled. */
async function bothOf(captured: Promise<CaptureResult>, done: Promise<DumpReport>) {
  const [capture, report] = await Promise.allSettled([captured, done]);
  if (report.status === 'rejected' && systemCodeOf(report.reason) !== 'CANCELLED') throw report.reason;
  if (capture.status === 'rejected') throw capture.reason;
  if (report.status === 'rejected') throw report.reason;
  return { capture: capture.value, report: report.value };
}
