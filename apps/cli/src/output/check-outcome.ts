import type { Outcome } from '../cli.ts';
import { findingLines, type FindingView } from './finding-lines.ts';
import { countText } from './units.ts';

/** Of a look over a vault, by whomever: exit code 1 when something is wrong. */
export function checkOutcome(checked: {
  readonly packs: number;
  readonly chunks: number;
  readonly sets: number;
  readonly findings: readonly FindingView[];
}): Outcome {
  const { packs, chunks, sets, findings } = checked;
  const seen = `${countText(packs)} packs, ${countText(chunks)} chunks, ${countText(sets)} sets checked.`;
  const text = [seen, ...findingLines(findings)].join('\n');
  return { json: checked, text, exit: findings.length === 0 ? 0 : 1 };
}
