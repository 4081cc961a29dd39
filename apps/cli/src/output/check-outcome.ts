import type { VaultCheck } from '@lifeboat/console-api';
import type { Outcome } from '../cli.ts';
import { findingLines, type FindingView } from './finding-lines.ts';
import { bytesText, countText, timeText } from './units.ts';

/** Of a look over a vault, by whomever: exit code 1 when something is wrong. */
export function checkOutcome(checked: {
  readonly packs: number;
  readonly chunks: number;
  readonly sets: number;
  readonly data?: VaultCheck['data'];
  readonly findings: readonly FindingView[];
}): Outcome {
  const { packs, chunks, sets, data, findings } = checked;
  const seen = `${countText(packs)} packs, ${countText(chunks)} chunks, ${countText(sets)} sets checked.`;
  const text = [seen, ...(data ? dataLines(data) : []), ...findingLines(findings)].join('\n');
  return { json: checked, text, exit: findings.length === 0 ? 0 : 1 };
}

function dataLines({ packs, bytes, left, unproved, oldestProof }: NonNullable<VaultCheck['data']>): string[] {
  const read = `${countText(packs)} packs (${bytesText(bytes)}) read and verified`;
  const rest = left.packs === 0 ? 'all' : `${countText(left.packs)} (${bytesText(left.bytes)}) left`;
  const without = unproved === 0 ? '' : `; ${countText(unproved)} packs have none`;
  return [`${read}, ${rest}.`, `Oldest proof: ${timeText(oldestProof)}${without}.`];
}
