import { printable } from './printable.ts';

interface Finding {
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
}

/** One line per finding, or the sentence that there is none. */
export function findingLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return ['Nothing is wrong.'];
  return findings.map(({ kind, subject, message }) => printable(`${kind}: ${subject}: ${message}`));
}
