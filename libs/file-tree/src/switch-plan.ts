import { LifeboatError } from '@lifeboat/kernel';
import { displayPath, type BytePath } from './byte-path.ts';
import { baseName, isWithin, joinPath, parentPath } from './safe-path.ts';

/** What lies in a directory: name → whether it is a directory itself. Undefined when there is no such directory. */
export type Listing = (directory: BytePath) => ReadonlyMap<BytePath, 'directory' | 'other'> | undefined;

/** One entry that changes places as a whole: the live one (if any) goes aside, the staged one (if any) comes in. */
export interface EntryExchange {
  readonly path: BytePath;
  readonly live: boolean;
  readonly staged: boolean;
}

export interface SwitchPlan {
  readonly exchanges: readonly EntryExchange[];
  /** Directories that stay because something excluded lies beneath, the root first: they only change metadata. */
  readonly spine: readonly BytePath[];
}

/**
 * Splits a tree into the largest subtrees with nothing excluded beneath. Pure: looks only through the two listings.
 * Excluded paths that do not exist live protect nothing. Throws CONFLICT when the set has a non-directory where the
 * live tree has a directory with something excluded in it.
 */
export function planSwitch(live: Listing, staged: Listing, excludes: readonly BytePath[]): SwitchPlan {
  const kept = excludes.filter((path) => live(parentPath(path))?.has(baseName(path)) === true);
  const exchanges: EntryExchange[] = [];
  const spine: BytePath[] = [];
  visit('');
  return { exchanges, spine };

  function visit(directory: BytePath): void {
    spine.push(directory);
    const liveNames = live(directory) ?? new Map<BytePath, 'directory' | 'other'>();
    const stagedNames = staged(directory) ?? new Map<BytePath, 'directory' | 'other'>();
    for (const name of [...new Set([...liveNames.keys(), ...stagedNames.keys()])].sort()) {
      const path = joinPath(directory, name);
      if (kept.includes(path)) continue;
      if (!kept.some((excluded) => isWithin(excluded, path))) {
        exchanges.push({ path, live: liveNames.has(name), staged: stagedNames.has(name) });
        continue;
      }
      if (stagedNames.get(name) === 'other') throw standsInTheWay(path);
      visit(path);
    }
  }
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
