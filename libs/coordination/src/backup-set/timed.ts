import type { BackupSetRun } from './backup-set-run.ts';

/** Does one step inside the fence and logs what it took: milliseconds count there. */
export async function timed<Result>(
  { services, set }: BackupSetRun,
  step: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { clock, log } = services;
  const startedAt = clock.monotonic();
  const result = await work();
  log.info({ set: set.id, millis: Math.round(clock.monotonic() - startedAt) }, step);
  return result;
}
