/** A thread of its own: its `node:fs/promises` is wrapped while a session is recorded. */
import { parentPort, workerData } from 'node:worker_threads';
import { runCrashPoints } from './run-crash-points.ts';
import type { CrashPointsWork } from './crash-points.ts';

const stop = new AbortController();
const port = parentPort!;
port.once('message', () => stop.abort());
const outcome = await runCrashPoints({
  ...(workerData as CrashPointsWork),
  signal: stop.signal,
  onProgress: (counts) => port.postMessage({ counts }),
});
port.postMessage({ outcome });
port.close();
