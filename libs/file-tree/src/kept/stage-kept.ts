import type { BytePath } from '../byte-path.ts';
import type { SafeDirectory } from '../safe-directory.ts';
import { stageTree, type StageReport, type StageTreeOptions } from '../stage-tree.ts';
import { entriesAt } from './entries-at.ts';
import { readKeptList } from './kept-list.ts';

/** What staging needs besides places and entries. */
export type StageMeans = Pick<StageTreeOptions, 'matches' | 'stager' | 'signal'>;

/** Stages entries of the list in `stage` after all, below `place`. */
export function stageKept(
  live: SafeDirectory,
  stage: SafeDirectory,
  place: SafeDirectory,
  paths: readonly BytePath[],
  means: StageMeans,
): Promise<StageReport> {
  const entries = entriesAt(readKeptList(stage), paths);
  return stageTree({ ...means, live, stage: place, entries, excludes: [], cleared: [] });
}
