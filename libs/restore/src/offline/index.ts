/** Trees of a set on disk again, with no server and no agent. */
export { restoreTrees, type OfflineProgress, type RestoredTree } from './restore-trees.ts';
export { TargetDirectory } from './target-directory.ts';
export { treeNameOf } from './tree-name.ts';
