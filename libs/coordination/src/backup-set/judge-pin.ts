import { MAX_PINS } from '@lifeboat/model';

export interface PinEvidence {
  /** Expected paths of rows that nobody could resolve at this pin. */
  readonly unresolved: ReadonlySet<string>;
  /** The same of the pin before, if there was one. */
  readonly before: ReadonlySet<string> | undefined;
  /** Expected paths that the previous sealed set missed too. */
  readonly knownMissing: ReadonlySet<string>;
  /** Pins made, this one included. */
  readonly pins: number;
}

/**
 * Whether a pin may become the set's point T. Nearly every miss is a document whose deletion was under way, so the
 * next pin no longer names it; a row that two pins in a row cannot resolve is a real loss, and old libraries have
 * such losses: neither is worth another pin.
 */
export function judgePin(evidence: PinEvidence): 'clean' | 'pin-again' {
  if (evidence.pins >= MAX_PINS) return 'clean';
  for (const path of evidence.unresolved) {
    if (!evidence.knownMissing.has(path) && !(evidence.before?.has(path) ?? false)) return 'pin-again';
  }
  return 'clean';
}
