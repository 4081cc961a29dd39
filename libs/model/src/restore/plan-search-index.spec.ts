import { describe, expect, it } from '@jest/globals';
import type { CaptureRecord, TreeKind } from '../set-document.ts';
import type { Statement, StatementSearchIndex } from '../statement.ts';
import { planSearchIndex } from './plan-search-index.ts';

const capture = (node: string | null, kind: TreeKind) => ({ node, kind }) as CaptureRecord;

function planned(captures: CaptureRecord[], searchIndex: StatementSearchIndex = {}) {
  return planSearchIndex({ captures, statement: { searchIndex } as Statement });
}

describe('the search index at a restore', () => {
  const homes = [capture('a', 'liferay-home'), capture('b', 'liferay-home')];

  it('is put back on the nodes whose replica the set holds, and reset on the others', () => {
    expect(planned([...homes, capture('a', 'search-index')])).toEqual([
      { node: 'a', action: 'put-back', reindex: false, reasons: [] },
      { node: 'b', action: 'reset', reindex: true, reasons: ['the set holds no search index of this node'] },
    ]);
  });

  it('must be rebuilt where a part of it was left out, although the rest is put back', () => {
    const leftOut = [{ node: 'b', path: '/l/10154', reason: 'damaged' }];
    const replicas = [capture('a', 'search-index'), capture('b', 'search-index')];
    expect(planned([...homes, ...replicas], { leftOut })).toEqual([
      { node: 'a', action: 'put-back', reindex: false, reasons: [] },
      { node: 'b', action: 'put-back', reindex: true, reasons: ['/l/10154: damaged'] },
    ]);
  });

  it('is nobody’s business where there is no portal', () => {
    expect(planned([capture('a', 'path'), capture(null, 'database')])).toEqual([]);
  });
});
