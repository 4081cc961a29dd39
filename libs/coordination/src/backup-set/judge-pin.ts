import { MAX_PINS } from '@lifeboat/model';

export interface PinEvidence {
  /** Expected paths of rows that nobody could resolve at this pin. */
  readonly unresolved: ReadonlySet<string>;
  /** When each path that was open at an earlier pin was so first; monotonic milliseconds. */
  readonly openSince: ReadonlyMap<string, number>;
  /** Now; monotonic milliseconds. */
  readonly now: number;
  /** Expected paths that the previous sealed set missed too. */
  readonly knownMissing: ReadonlySet<string>;
  /** Pins made, this one included. */
  readonly pins: number;
}

/**
 * What is open this long is lost. The portal deletes some files before their rows change (DXP facts §2.5): until that
 * transaction ends, every pin names a file that is gone, and pins follow each other faster than that.
 */
export const LOST_MILLIS = 1000;

/**
 * Whether a pin may become the set's point T. Nearly every miss is a document whose deletion was under way, so a
 * later pin no longer names it; a row that two pins cannot resolve, well apart, is a real loss, and old libraries
 * have such losses: neither is worth another pin.
 */
export function judgePin(evidence: PinEvidence): 'clean' | 'pin-again' {
  const { unresolved, knownMissing, openSince, now, pins } = evidence;
  if (pins >= MAX_PINS) return 'clean';
  for (const path of unresolved) {
    const isLost = now - (openSince.get(path) ?? Infinity) >= LOST_MILLIS;
    if (!isLost && !knownMissing.has(path)) return 'pin-again';
  }
  return 'clean';
}
