import { Worker } from 'node:worker_threads';
import type { Counts, Outcome, Suite, SuiteOptions } from '../suite.ts';

export type CrashPointsWork = Pick<SuiteOptions, 'seed' | 'first' | 'cases'>;

/** A recorded session, cut short behind each of its writes, with what the system may lose lost: every promise is kept. */
export const crashPoints: Suite = {
  run({ seed, first, cases, signal, onProgress }) {
    const workerData: CrashPointsWork = { seed, first, cases };
    const worker = new Worker(new URL('./crash-points-worker.ts', import.meta.url), { workerData });
    const stop = (): void => worker.postMessage('stop');
    signal.addEventListener('abort', stop, { once: true });
    return new Promise<Outcome>((resolve, reject) => {
      worker.on('message', (message: { counts?: Counts; outcome?: Outcome }) => {
        if (message.counts !== undefined) onProgress?.(message.counts);
        if (message.outcome !== undefined) resolve(message.outcome);
      });
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`the thread ended with code ${code}`)));
    }).finally(() => signal.removeEventListener('abort', stop));
  },
};
