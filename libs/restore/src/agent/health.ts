import { setTimeout } from 'node:timers/promises';
import { LifeboatError, messageOf, type Clock } from '@lifeboat/kernel';

const INTERVAL_MILLIS = 1000;
const ATTEMPT_MILLIS = 10_000;

/** Asks until the portal answers with 2xx or 3xx (a redirect to its login page is a healthy answer). HEALTH_FAILED. */
export async function waitForHealth(
  health: { url: string; timeoutSeconds: number },
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = clock.monotonic() + health.timeoutSeconds * 1000;
  let last = 'it was never asked';
  for (;;) {
    const left = deadline - clock.monotonic();
    if (left <= 0) break;
    try {
      const timeout = AbortSignal.timeout(Math.max(1, Math.min(ATTEMPT_MILLIS, left)));
      const answer = await fetch(health.url, { redirect: 'manual', signal: timeout });
      await answer.body?.cancel();
      if (answer.status >= 200 && answer.status < 400) return;
      last = `it answers ${answer.status}`;
    } catch (error) {
      last = messageOf((error as { cause?: unknown }).cause ?? error);
    }
    await setTimeout(Math.max(1, Math.min(INTERVAL_MILLIS, left)), undefined, { ...(signal && { signal }) });
  }
  throw new LifeboatError(
    'HEALTH_FAILED',
    `${health.url} was not healthy within ${health.timeoutSeconds} s: ${last}`,
    {
      guidance:
        "Look at the portal's own log on this node. The old data are still aside: the restore can be rolled back.",
    },
  );
}
