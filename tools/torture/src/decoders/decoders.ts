import { Worker } from 'node:worker_threads';
import { messageOf } from '@lifeboat/kernel';
import type { Counts, Failure, Suite } from '../suite.ts';
import { DECODERS } from './all-decoders.ts';
import { CASE, DECODER, PLACES, REFUSED, STOP, TAKEN, type DecoderWork } from './decoder-work.ts';

/** A decoder that thinks about one input for longer hangs: all others take milliseconds. */
const HANG_MILLIS = 20_000;
const LOOK_MILLIS = 1000;
const PROGRESS_LOOKS = 10;
/** Of V8's heap: what runs into it does so long before the machine suffers. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 64 };

/** Every reader of outside bytes, given bytes that are nearly right: it takes them or refuses them, in time and in bounds. */
export const decoders: Suite = {
  async run({ seed, first, cases, signal, onProgress }) {
    const shared = new Int32Array(new SharedArrayBuffer(PLACES * 4));
    shared[CASE] = first;
    const work: DecoderWork = { seed, first, cases, shared };
    const worker = new Worker(new URL('./decoder-worker.ts', import.meta.url), {
      workerData: work,
      resourceLimits: LIMITS,
    });
    const stop = (): void => void Atomics.store(shared, STOP, 1);
    signal.addEventListener('abort', stop, { once: true });
    const look = watch(worker, shared, onProgress);
    try {
      const failure = await endOf(worker, shared);
      return { counts: countsOf(shared), ...(failure && { failure }) };
    } finally {
      clearInterval(look);
      signal.removeEventListener('abort', stop);
    }
  },
};

function endOf(worker: Worker, shared: Int32Array): Promise<Failure | undefined> {
  const failureOf = (what: string): Failure => ({
    case: shared[CASE]!,
    message: `${DECODERS[shared[DECODER]!]!.name}: ${what}`,
  });
  return new Promise((resolve) => {
    let failure: Failure | undefined;
    worker.on('message', (message: Failure) => (failure = message));
    // Out of memory, for one.
    worker.on('error', (thrown) => (failure = failureOf(messageOf(thrown))));
    worker.on('exit', (code) =>
      resolve(failure ?? (code === 0 ? undefined : failureOf(`no answer in ${HANG_MILLIS / 1000} s`))),
    );
  });
}

function watch(worker: Worker, shared: Int32Array, onProgress?: (counts: Counts) => void): NodeJS.Timeout {
  let [latest, still, looks] = [-1, 0, 0];
  return setInterval(() => {
    still = shared[CASE] === latest ? still + LOOK_MILLIS : 0;
    latest = shared[CASE]!;
    if (still >= HANG_MILLIS) void worker.terminate();
    looks += 1;
    if (looks % PROGRESS_LOOKS === 0) onProgress?.(countsOf(shared));
  }, LOOK_MILLIS);
}

function countsOf(shared: Int32Array): Counts {
  const [taken, refused] = [shared[TAKEN]!, shared[REFUSED]!];
  return { cases: taken + refused, taken, refused };
}
