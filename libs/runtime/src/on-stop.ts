import { constants } from 'node:os';
import { toErrorReport, type Log } from '@lifeboat/kernel';

const LIMIT_MILLIS = 30_000;

/**
 * SIGTERM or SIGINT: `stop` once, then exit 0 (1 when it fails or takes over 30 s). A second signal exits at once
 * with 128 + its number, as shells know it.
 */
export function onStop(log: Log, stop: () => Promise<void>): void {
  let stopping = false;
  const handle = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (stopping) process.exit(128 + constants.signals[signal]);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error({ limitMillis: LIMIT_MILLIS }, 'did not stop in time');
      process.exit(1);
    }, LIMIT_MILLIS).unref();
    stop().then(
      () => {
        log.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ error: toErrorReport(error) }, 'stopped with an error');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
}
