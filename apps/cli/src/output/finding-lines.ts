import type { VaultFinding } from '@lifeboat/console-api';
import { printable } from './printable.ts';

/** One line per finding, or the sentence that there is none. */
export function findingLines(findings: readonly VaultFinding[]): string[] {
  if (findings.length === 0) return ['Nothing is wrong.'];
  return findings.map(({ kind, subject, message }) => printable(`${kind}: ${subject}: ${message}`));
}
