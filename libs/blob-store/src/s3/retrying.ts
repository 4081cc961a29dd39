import { Backoff, sleep } from '@lifeboat/runtime';
import { readS3Failure } from './s3-failure.ts';

export interface RetryPolicy {
  /** How often to ask, the first time included. */
  readonly attempts: number;
  readonly baseMillis: number;
  readonly maxMillis: number;
}

/** About a quarter of a minute on average, beside the time that the requests take. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 7, baseMillis: 500, maxMillis: 20_000 };

/**
 * Asks again while the failure may pass. Not left to the SDK: it cannot send a streamed body twice, and it is done with an answer
 * before that has been read to its end.
 */
export async function retrying<T>(policy: RetryPolicy, ask: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(policy);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (thrown) {
      if (attempt >= policy.attempts || !readS3Failure(thrown).transient) throw thrown;
      await sleep(backoff.next());
    }
  }
}
