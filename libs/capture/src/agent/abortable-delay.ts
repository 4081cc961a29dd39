import { setTimeout as delay } from 'node:timers/promises';

/** Waits, or ends early without an error when the signal aborts: the caller looks at the signal anyway. */
export async function abortableDelay(millis: number, signal: AbortSignal): Promise<void> {
  await delay(millis, undefined, { signal }).catch(() => undefined);
}
