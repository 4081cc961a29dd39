import { isSlug, LifeboatError } from '@lifeboat/kernel';
import type { CaptureRecord } from '@lifeboat/model';

/** Stands for the node of what belongs to no single one (a shared store, the database). No node may be called so. */
export const WHOLE_CLUSTER = 'cluster';

/** NODE/TREE, as people write it and as directories are called. FORMAT_DAMAGED when a name is not safe in a path. */
export function treeNameOf({ node, tree }: Pick<CaptureRecord, 'node' | 'tree'>): string {
  for (const name of node === null ? [tree] : [node, tree]) {
    if (!isSlug(name)) {
      throw new LifeboatError('FORMAT_DAMAGED', `a tree of the set has the name ${JSON.stringify(name)}`);
    }
  }
  return `${node ?? WHOLE_CLUSTER}/${tree}`;
}
