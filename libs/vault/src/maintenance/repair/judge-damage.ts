import type { Finding } from '../finding.ts';

/** What is to be done about a pack. */
export type PackRemedy = 'heal' | 'rows' | 'replace' | 'salvage' | 'forget' | 'leave';

/** Bytes of it are not what they should be, or gone. */
export function isHarmed({ remedy }: { readonly remedy: PackRemedy }): boolean {
  return remedy === 'replace' || remedy === 'salvage' || remedy === 'forget';
}

export interface PackSymptoms {
  readonly isMissing: boolean;
  /** Of header, footer, table, length and rows. */
  readonly outside: readonly Finding[];
  /** Of all its bytes. */
  readonly inside: readonly Finding[];
  readonly isProved: boolean;
}

/**
 * Bytes that are what their name says are what was written: then only the catalog can be wrong, or a newer release wrote
 * them. All else is damage, whatever it looks like. Undefined of a pack that is whole.
 */
export function judgeDamage(symptoms: PackSymptoms): PackRemedy | undefined {
  const { isMissing, outside, inside, isProved } = symptoms;
  if (isMissing) return 'forget';
  const found = (kind: Finding['kind'], where: readonly Finding[]): boolean =>
    where.some((each) => each.kind === kind);
  if (found('pack-damaged', inside)) return 'salvage';
  if (found('newer-release', [...outside, ...inside])) return 'leave';
  if (inside.length > 0) return 'salvage';
  if (outside.length > 0) return 'rows';
  return isProved ? undefined : 'heal';
}
