import { LifeboatError } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import { displayPath, type BytePath } from './byte-path.ts';
import type { KeptView } from './kept/beside-kept.ts';
import type { LiveStatus } from './kept/keep-rule.ts';
import { LinkGroups } from './kept/link-groups.ts';
import { baseName, isWithin, joinPath, parentPath } from './safe-path.ts';

export interface Found {
  readonly isDirectory: boolean;
  readonly stat: LiveStatus;
}

/** What lies in a directory. Undefined when there is no such directory. */
export type Listing = (directory: BytePath) => ReadonlyMap<BytePath, Found> | undefined;

/** One entry that changes places as a whole: the live one (if any) goes aside, the staged one (if any) comes in. */
export interface EntryExchange {
  readonly path: BytePath;
  readonly live: boolean;
  readonly staged: boolean;
}

export interface SwitchPlan {
  readonly exchanges: readonly EntryExchange[];
  /**
   * Directories that stay, and in which something is exchanged or whose metadata may be others; the root first. With the
   * entry of the set, where it is kept.
   */
  readonly spine: readonly { readonly path: BytePath; readonly entry: ManifestEntry | undefined }[];
  /** What was to be kept and has changed since: each, with all below that was kept, is still to be staged. */
  readonly late: readonly BytePath[];
}

export interface SwitchView extends KeptView {
  readonly live: Listing;
  readonly staged: Listing;
  /** Relative; what of them does not exist live protects nothing. */
  readonly excludes: readonly BytePath[];
}

const NOTHING: ReadonlyMap<BytePath, Found> = new Map();

/**
 * Splits a tree into what is kept and the largest subtrees with nothing kept or excluded beneath: one merge of the live
 * tree, the stage and what is kept, each seen through its port, in path order. Also tells link groups of which only a part
 * is kept: with any of those the plan is to be made again. Throws CONFLICT when the set has a non-directory where the
 * live tree has a directory with something excluded in it.
 */
export async function planSwitch(view: SwitchView): Promise<SwitchPlan & { brokenGroups: bigint[] }> {
  const { live, staged, kept, brokenGroups } = view;
  const excludes = view.excludes.filter((path) => live(parentPath(path))?.has(baseName(path)) === true);
  const exchanges: EntryExchange[] = [];
  const spine: { path: BytePath; entry: ManifestEntry | undefined }[] = [];
  const late: BytePath[] = [];
  const groups = new LinkGroups();
  const holdsExcluded = (path: BytePath): boolean => excludes.some((excluded) => isWithin(excluded, path));
  await visit('', kept.take(''), undefined);
  return { exchanges, spine: spine.sort(byPath), late, brokenGroups: groups.broken() };

  async function visit(
    directory: BytePath,
    entry: ManifestEntry | undefined,
    stat: LiveStatus | undefined,
  ): Promise<void> {
    await view.pace.breathe();
    const [liveNames, stagedNames] = [live(directory) ?? NOTHING, staged(directory) ?? NOTHING];
    let isTouched = stat === undefined || entry === undefined || !view.isUntouched(stat, entry);
    for (const name of sortedUnion(liveNames, stagedNames)) {
      if (stageVanished(directory, name)) isTouched = true;
      if (await settle(joinPath(directory, name), liveNames.get(name), stagedNames.get(name)))
        isTouched = true;
    }
    if (stageVanished(directory, undefined)) isTouched = true;
    if (isTouched) spine.push({ path: directory, entry });
  }

  /** True when it is exchanged. */
  async function settle(path: BytePath, here: Found | undefined, there: Found | undefined): Promise<boolean> {
    const entry = kept.take(path);
    if (excludes.includes(path)) {
      if (entry !== undefined) for (const _ of kept.takeBelow(path));
      return false;
    }
    const mayStay = entry === undefined ? holdsExcluded(path) : entry.type === 'directory';
    if (mayStay && here?.isDirectory === true) {
      if (there?.isDirectory === false) throw standsInTheWay(path);
      await visit(path, entry, here.stat);
      return false;
    }
    if (entry !== undefined && isStillKept(entry, here)) return false;
    if (entry !== undefined) stageLate(path, entry);
    exchanges.push({ path, live: here !== undefined, staged: there !== undefined || entry !== undefined });
    return true;
  }

  function isStillKept(entry: ManifestEntry, here: Found | undefined): boolean {
    const isBroken = entry.linkGroup !== undefined && brokenGroups.has(entry.linkGroup);
    const isKept =
      entry.type !== 'directory' && here !== undefined && !isBroken && view.isUntouched(here.stat, entry);
    groups.add(entry.linkGroup, isKept ? here.stat.ino : undefined);
    return isKept;
  }

  /** Of a directory with all below that was kept. */
  function stageLate(path: BytePath, entry: ManifestEntry): void {
    late.push(path);
    groups.add(entry.linkGroup, undefined);
    for (const below of kept.takeBelow(path)) groups.add(below.entry.linkGroup, undefined);
  }

  /** What was kept and is neither live nor staged any more, up to a name. */
  function stageVanished(directory: BytePath, name: BytePath | undefined): boolean {
    let isAny = false;
    for (
      let next = kept.takeBefore(directory, name);
      next !== undefined;
      next = kept.takeBefore(directory, name)
    ) {
      stageLate(next.path, next.entry);
      exchanges.push({ path: next.path, live: false, staged: true });
      isAny = true;
    }
    return isAny;
  }
}

/** Names in both, in the order of bytes. */
function sortedUnion(
  a: ReadonlyMap<BytePath, unknown>,
  b: ReadonlyMap<BytePath, unknown>,
): readonly BytePath[] {
  if (b.size === 0) return [...a.keys()].sort();
  return [...new Set([...a.keys(), ...b.keys()])].sort();
}

/** A directory comes before what is in it. */
function byPath(a: { path: BytePath }, b: { path: BytePath }): number {
  return a.path < b.path ? -1 : 1;
}

function standsInTheWay(path: BytePath): LifeboatError {
  const shown = JSON.stringify(displayPath(path));
  return new LifeboatError(
    'CONFLICT',
    `the set has no directory at ${shown}, but here one holds an excluded path`,
    {
      guidance:
        'Move the excluded directory (another source or a mount) out of the way, or restore to another place.',
    },
  );
}
