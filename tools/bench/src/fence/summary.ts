import type { Phase } from './phases.ts';

/** What one measured set said of itself. */
export interface FencedSet {
  readonly guarantee: string;
  readonly fenceMillis: number;
  readonly pins: number;
  readonly rows: number;
  /** Document versions without their bytes, those of a wrong size among them. */
  readonly missing: number;
  readonly phases: readonly Phase[];
}

/** Median, 95th percentile (nearest rank) and maximum of the fences; `clean`: every set was consistent. */
export function summaryOf(
  sets: readonly FencedSet[],
  rate: number,
): { readonly text: string; readonly clean: boolean } {
  const fences = sets.map(({ fenceMillis }) => fenceMillis).sort((a, b) => a - b);
  const rank = (share: number): number => fences[Math.max(0, Math.ceil(share * fences.length) - 1)] ?? 0;
  const consistent = sets.filter(({ guarantee }) => guarantee === 'consistent').length;
  const missing = sets.reduce((sum, set) => sum + set.missing, 0);
  const pins = Math.max(0, ...sets.map((set) => set.pins));
  return {
    clean: consistent === sets.length,
    text:
      `${consistent} of ${sets.length} sets consistent, ${missing} missing in all, at most ${pins} pins, ` +
      `${rate.toFixed(0)} operations a second; fence median ${rank(0.5)} ms, 95 % ${rank(0.95)} ms, max ${rank(1)} ms`,
  };
}
