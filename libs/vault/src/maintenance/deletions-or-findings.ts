import type { SetDeletion } from '@lifeboat/model';
import type { RecordParts } from '../records/control-records.ts';
import { listDeletions } from '../records/set-deletions.ts';
import { damageFinding, type Finding } from './finding.ts';

/** The sets that were deleted, by id; a record that cannot be trusted is a finding, and its set does not count as deleted. */
export async function deletionsOrFindings(
  parts: RecordParts,
): Promise<{ deletions: ReadonlyMap<string, SetDeletion>; findings: Finding[] }> {
  const deletions = new Map<string, SetDeletion>();
  const findings: Finding[] = [];
  for await (const { blob, read } of listDeletions(parts)) {
    try {
      const deletion = await read();
      deletions.set(deletion.set, deletion);
    } catch (thrown) {
      findings.push(damageFinding(blob, 'record-damaged', thrown));
    }
  }
  return { deletions, findings };
}
