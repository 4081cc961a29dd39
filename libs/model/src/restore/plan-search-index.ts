import type { SetDocument } from '../set-document.ts';
import type { SearchIndexSlice } from './restore-plan.ts';

/**
 * What becomes of each portal's search index when a set is restored (DXP facts §4.2, §6.1 step 9): a replica that the set
 * holds is put back; what the set does not hold is emptied, for an index of another age finds what is no longer there,
 * and must be rebuilt.
 */
export function planSearchIndex({
  captures,
  statement,
}: Pick<SetDocument, 'captures' | 'statement'>): SearchIndexSlice[] {
  const { leftOut = [] } = statement.searchIndex;
  const portals = captures.filter(({ kind }) => kind === 'liferay-home').map(({ node }) => node);
  return portals.flatMap((node): SearchIndexSlice[] => {
    if (node === null) return [];
    const isHeld = captures.some((capture) => capture.kind === 'search-index' && capture.node === node);
    const missing = leftOut
      .filter((left) => left.node === node)
      .map(({ path, reason }) => `${path}: ${reason}`);
    const reasons = isHeld || missing.length > 0 ? missing : ['the set holds no search index of this node'];
    return [{ node, action: isHeld ? 'put-back' : 'reset', reindex: reasons.length > 0, reasons }];
  });
}
