import type { Tree } from '@lifeboat/wire';

import { slicesOf, type RestoreRun } from './restore-run.ts';

/** A node's own trees, and the shared ones: its portal must not hold a file open in those either. */
export function toWireTrees(run: RestoreRun, node: string): Tree[] {
  const shared = run.plan.slices.filter((slice) => slice.kind === 'document-store');
  const slices = [...new Set([...slicesOf(run, node), ...shared])];
  return slices.map(({ tree, kind, path, excludes }) => ({
    name: tree,
    kind,
    path,
    excludes: [...excludes],
  }));
}
