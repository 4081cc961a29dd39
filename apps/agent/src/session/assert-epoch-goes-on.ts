import { LifeboatError } from '@lifeboat/kernel';
import type { SeenKeyEpoch } from '../agent-state.ts';

/**
 * A vault's key epochs only go up: a server that asks to seal in one that is over runs with an old key file, which may be
 * in a thief's hands. PROTOCOL_BREACH.
 */
export function assertEpochGoesOn(asked: SeenKeyEpoch, seen: SeenKeyEpoch | undefined): void {
  const isNumber = Number.isSafeInteger(asked.epoch) && asked.epoch >= 1;
  const lowest = seen?.vault === asked.vault ? seen.epoch : 1;
  if (isNumber && asked.epoch >= lowest) return;
  throw new LifeboatError(
    'PROTOCOL_BREACH',
    `the server asks to seal in key epoch ${asked.epoch}, and this node has sealed in epoch ${lowest}`,
    { guidance: 'Start the server with the newest key file of its vault. Nothing is sent until then.' },
  );
}
