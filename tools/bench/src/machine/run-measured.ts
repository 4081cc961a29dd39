import { startProcess, type ProcessOptions } from '@lifeboat/testkit';

import { peakResident, processFigures } from './process-figures.ts';

export interface MeasuredRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly millis: number;
  /** Highest resident set, bytes. */
  readonly resident: number;
  /** CPU seconds: what it used in the last moment before its end is missing. */
  readonly cpu: number;
}

const SAMPLE_EVERY_MS = 50;

/** Runs a program to its end, whatever its exit code, and says what it took. */
export async function runMeasured(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<MeasuredRun> {
  const startedAt = performance.now();
  const running = startProcess(command, args, options);
  let [resident, cpu] = [0, 0];
  const timer = setInterval(() => {
    resident = Math.max(resident, peakResident(running.pid));
    cpu = Math.max(cpu, processFigures(running.pid)?.cpu ?? 0);
  }, SAMPLE_EVERY_MS);
  try {
    const { code, stdout, stderr } = await running.done;
    return { code, stdout, stderr, millis: performance.now() - startedAt, resident, cpu };
  } finally {
    clearInterval(timer);
  }
}
