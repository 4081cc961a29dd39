import { setTimeout as sleep } from 'node:timers/promises';
import { isLifeboatError } from '@lifeboat/kernel';

const POLL_MILLIS = 250;

/** The server may restart while one waits: what runs there goes on, so the waiting does too. */
const PATIENCE_MILLIS = 60_000;

/**
 * Looks again and again until it is over.
 * @throws LifeboatError what `look` threw; UNREACHABLE only after a minute without an answer
 */
export async function waitUntil<Seen>(
  look: () => Promise<Seen>,
  isOver: (seen: Seen) => boolean,
  onSeen: (seen: Seen) => void,
): Promise<Seen> {
  let answeredAt = performance.now();
  for (;;) {
    try {
      const seen = await look();
      answeredAt = performance.now();
      if (isOver(seen)) return seen;
      onSeen(seen);
    } catch (error) {
      const patient = performance.now() - answeredAt < PATIENCE_MILLIS;
      if (!(isLifeboatError(error) && error.code === 'UNREACHABLE' && patient)) throw error;
    }
    await sleep(POLL_MILLIS);
  }
}
