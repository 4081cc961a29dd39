import { isLifeboatError, messageOf } from '@lifeboat/kernel';
import { CONTROL } from '../layout.ts';
import type { ReadParts } from '../parts.ts';
import { readControl } from '../records/control-records.ts';
import { finding, type Finding } from './finding.ts';

/** Every version of every control record: the latest counts, but the older ones tell what was decided when. */
export async function checkRecords(parts: ReadParts): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const { name } of parts.store.list(CONTROL)) {
    try {
      await readControl(parts, name);
    } catch (thrown) {
      if (!isLifeboatError(thrown) || thrown.kind !== 'breach') throw thrown;
      findings.push(finding(name, 'record-damaged', messageOf(thrown)));
    }
  }
  return findings;
}
