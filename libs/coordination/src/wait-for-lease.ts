import { isLifeboatError } from '@lifeboat/kernel';
import { sleep } from '@lifeboat/runtime';

import { keepLease, type KeptLease } from './keep-lease.ts';
import type { Services } from './services.ts';

const LOOK_MILLIS = 1000;
/** Longer than a lease lasts that nobody renews any more. */
const PATIENCE_MILLIS = 90_000;

/**
 * As `keepLease`, for work that was accepted already: a server that was killed could not give its lease back, so its
 * successor waits until that has run out.
 *
 * @throws CONFLICT when it is renewed all the while, CANCELLED when the signal aborts
 */
export async function waitForLease(
  services: Services,
  name: string,
  signal: AbortSignal,
): Promise<KeptLease> {
  const startedAt = services.clock.monotonic();
  for (;;) {
    try {
      return await keepLease(services, name);
    } catch (error) {
      const patient = services.clock.monotonic() - startedAt < PATIENCE_MILLIS;
      if (!(isLifeboatError(error) && error.code === 'CONFLICT' && patient)) throw error;
    }
    await sleep(LOOK_MILLIS, signal);
  }
}
