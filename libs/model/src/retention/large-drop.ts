import { RETENTION_RULES } from './retention-policy.ts';

/** Of the sets of a cluster. */
const LARGE_SHARE = 0.2;

/**
 * Would a pass that nobody asked for let go of too many sets at once? One new set makes each rule let go of one at most;
 * more than that, and more than a fifth of what there is, comes from something else: somebody has to look at it.
 */
export function isLargeDrop(dropped: number, sets: number): boolean {
  return dropped > RETENTION_RULES.length && dropped > sets * LARGE_SHARE;
}
