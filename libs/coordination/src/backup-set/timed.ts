import type { BackupSetRun } from './backup-set-run.ts';

/** Does one step of a set and logs what it took, with more `facts`: inside the fence milliseconds count. */
export async function timed<Result>(
  { services, set }: BackupSetRun,
  step: string,
  work: () => Promise<Result>,
  facts: object = {},
): Promise<Result> {
  const { clock, log } = services;
  const startedAt = clock.monotonic();
  const result = await work();
  log.info({ set: set.id, ...facts, millis: Math.round(clock.monotonic() - startedAt) }, step);
  return result;
}
