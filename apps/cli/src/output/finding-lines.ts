import { printable } from './printable.ts';

export interface FindingView {
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
}

/** One line per finding, or the sentence that there is none. */
export function findingLines(findings: readonly FindingView[]): string[] {
  if (findings.length === 0) return ['Nothing is wrong.'];
  return findings.map(({ kind, subject, message }) => printable(`${kind}: ${subject}: ${message}`));
}
