import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DocumentRow } from './document-row.ts';
import { DocumentRows } from './document-rows.ts';

const text = fc.string({ unit: 'binary' });
const row: fc.Arbitrary<DocumentRow> = fc.record({
  companyId: fc.constantFrom('1', '2'),
  groupId: text,
  folderId: fc.constantFrom('0', '3'),
  repositoryId: text,
  name: text,
  version: fc.constantFrom('1.0', 'PWC'),
  storeUUID: text,
  size: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  title: text,
  status: fc.constantFrom(0, 8),
  ctCollectionId: fc.constantFrom('0', '9'),
});

describe('DocumentRows', () => {
  it('gives back what was added, in order, as often as one asks', () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const list = DocumentRows.from(rows);
        expect([list.length, [...list], [...list]]).toEqual([rows.length, rows, rows]);
      }),
    );
  });

  it('keeps many, and texts longer than what it takes at a time', () => {
    const [some] = fc.sample(row, { numRuns: 1, seed: 1 });
    const rows = Array.from({ length: 70_000 }, (_, at) => ({ ...some!, name: `${at}`, size: at }));
    rows.push({ ...some!, title: 'ü'.repeat(2 << 20) }, { ...some!, title: 'after it' });
    let at = 0;
    for (const read of DocumentRows.from(rows))
      if (read.title !== rows[at++]!.title) throw new Error(`row ${at}`);
    expect(at).toBe(rows.length);
  });
});
