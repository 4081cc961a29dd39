import { setTimeout as delay } from 'node:timers/promises';
import { LifeboatError } from '@lifeboat/kernel';

/** Resolves after `millis`; throws CANCELLED as soon as the signal aborts. */
export async function sleep(millis: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(millis, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new LifeboatError('CANCELLED', 'cancelled while waiting', { cause: error });
  }
}
