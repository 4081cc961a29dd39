import { isLifeboatError, messageOf } from '@lifeboat/kernel';
import type { SetDeletion } from '@lifeboat/model';
import type { RecordParts } from '../records/control-records.ts';
import { readDeletions } from '../records/set-deletions.ts';
import { finding, type Finding } from './finding.ts';

/** The sets that were deleted, by id; a record that cannot be trusted is a finding, and then none counts as deleted. */
export async function deletionsOrFindings(
  parts: RecordParts,
): Promise<{ deletions: ReadonlyMap<string, SetDeletion>; findings: Finding[] }> {
  try {
    return { deletions: await readDeletions(parts), findings: [] };
  } catch (thrown) {
    if (!isLifeboatError(thrown) || thrown.kind !== 'breach') throw thrown;
    return { deletions: new Map(), findings: [finding('deletions', 'record-damaged', messageOf(thrown))] };
  }
}
