import type { RepairOutcome } from './repair-report.ts';
import type { Stranger } from './strangers.ts';

/**
 * What becomes of a pack that the catalog does not know; undefined: nothing. Of whole ones a killed prune leaves some,
 * and a later one deletes them.
 */
export function judgeStranger({ verdict, wanted }: Stranger): RepairOutcome | undefined {
  const { findings } = verdict;
  if (findings.length === 0) return wanted.length > 0 ? 'adopted' : undefined;
  const isAsWritten = !findings.some(({ kind }) => kind === 'pack-damaged');
  if (isAsWritten && findings.some(({ kind }) => kind === 'newer-release')) return 'left';
  return wanted.length > 0 ? 'salvaged' : 'quarantined';
}
