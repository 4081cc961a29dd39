/** A thread that decodes until it is told to stop, or until it can no more: what it holds is bounded from outside. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '@lifeboat/kernel';
import { CASE, DECODER, REFUSED, STOP, TAKEN, type DecoderWork } from './decoder-work.ts';
import { runCase } from './run-case.ts';

const { seed, first, cases, shared } = workerData as DecoderWork;
for (let number = first; number < first + cases && shared[STOP] === 0; number += 1) {
  Atomics.store(shared, CASE, number);
  try {
    const refusal = await runCase(seed, number, (index) => Atomics.store(shared, DECODER, index));
    shared[refusal === undefined ? TAKEN : REFUSED]! += 1;
  } catch (thrown) {
    const cause = (thrown as Error).cause;
    const stack = cause instanceof Error ? `\n${cause.stack}` : '';
    parentPort?.postMessage({ case: number, message: messageOf(thrown) + stack });
    break;
  }
}
