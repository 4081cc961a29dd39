import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from '../byte-path.ts';
import { baseName, isWithin, joinPath, parentPath } from '../safe-path.ts';
import type { EntryExchange, Found, Listing } from '../switch-plan.ts';
import type { KeptView } from './beside-kept.ts';
import type { LiveStatus } from './keep-rule.ts';
import type { KeptEntry } from './kept-cursor.ts';
import { LinkGroups } from './link-groups.ts';

/** What besides the exchanges keeps a tree from being the old one again. */
export interface ReturnPlan {
  /** Neither kept nor exchanged: it appeared since. The largest subtrees. */
  readonly strays: readonly BytePath[];
  /** Directories that were kept and are gone, outermost first. */
  readonly gone: readonly BytePath[];
  /** Files and links that were kept and are others now, or gone: to be mended. */
  readonly changed: readonly BytePath[];
  /** Directories that were kept and whose metadata are to be set again, besides the spine. */
  readonly undressed: readonly KeptEntry[];
}

export interface ReturnView extends KeptView {
  readonly live: Listing;
  readonly exchanges: readonly EntryExchange[];
  readonly spine: readonly { readonly path: BytePath }[];
  readonly excludes: readonly BytePath[];
  /** Mended already, and perhaps in its place again. */
  readonly mended: ReadonlySet<BytePath>;
}

const NOTHING: ReadonlyMap<BytePath, Found> = new Map();

/**
 * One merge of the live tree, in whatever mixture of old and new it is, with what was kept. What is exchanged is left to
 * the exchanges. Only looks; tells link groups as planSwitch does.
 */
export async function planReturn(view: ReturnView): Promise<ReturnPlan & { brokenGroups: bigint[] }> {
  const { live, kept, mended } = view;
  const excludes = view.excludes.filter((path) => live(parentPath(path))?.has(baseName(path)) === true);
  const exchanged = new Set(view.exchanges.map(({ path }) => path));
  const spine = new Set(view.spine.map(({ path }) => path));
  const strays: BytePath[] = [];
  const gone: BytePath[] = [];
  const visited = new Set<BytePath>();
  const changed: BytePath[] = [];
  const undressed: KeptEntry[] = [];
  const groups = new LinkGroups();
  await visit('', kept.take(''), undefined);
  for (const path of gone) visited.add(path);
  gone.push(...[...spine].filter((path) => !visited.has(path)));
  gone.sort();
  return { strays, gone, changed, undressed, brokenGroups: groups.broken() };

  async function visit(
    directory: BytePath,
    entry: ManifestEntry | undefined,
    stat: LiveStatus | undefined,
  ): Promise<void> {
    await view.pace.breathe();
    visited.add(directory);
    const names = live(directory) ?? NOTHING;
    let isTouched = stat === undefined || entry === undefined || !view.isUntouched(stat, entry);
    for (const name of [...names.keys()].sort()) {
      if (findVanished(directory, name)) isTouched = true;
      if (await judge(joinPath(directory, name), names.get(name) as Found)) isTouched = true;
    }
    if (findVanished(directory, undefined)) isTouched = true;
    if (isTouched && entry !== undefined && !spine.has(directory)) undressed.push({ path: directory, entry });
  }

  /** True when something is done in its directory. */
  async function judge(path: BytePath, here: Found): Promise<boolean> {
    const entry = kept.take(path);
    if (excludes.includes(path) || exchanged.has(path)) {
      skip(path);
      return false;
    }
    const mayStay =
      entry?.type === 'directory' || spine.has(path) || (entry === undefined && holdsExcluded(path));
    if (here.isDirectory && mayStay) {
      await visit(path, entry, here.stat);
      return false;
    }
    if (entry === undefined) {
      strays.push(path);
      return true;
    }
    if (entry.type === 'directory') strays.push(path);
    else if (isStillKept(path, entry, here)) return false;
    lose(path, entry);
    return true;
  }

  function holdsExcluded(path: BytePath): boolean {
    return excludes.some((excluded) => isWithin(excluded, path));
  }

  function isStillKept(path: BytePath, entry: ManifestEntry, here: Found): boolean {
    if (mended.has(path)) return false;
    const isBroken = entry.linkGroup !== undefined && view.brokenGroups.has(entry.linkGroup);
    const isKept = !isBroken && view.isUntouched(here.stat, entry);
    if (isKept) groups.add(entry.linkGroup, here.stat.ino);
    return isKept;
  }

  function findVanished(directory: BytePath, name: BytePath | undefined): boolean {
    let isAny = false;
    for (
      let next = kept.takeBefore(directory, name);
      next !== undefined;
      next = kept.takeBefore(directory, name)
    ) {
      if (exchanged.has(next.path) || excludes.includes(next.path)) {
        skip(next.path);
        continue;
      }
      lose(next.path, next.entry);
      isAny = true;
    }
    return isAny;
  }

  /** With all below that was kept and is not brought back by an exchange. */
  function lose(path: BytePath, entry: ManifestEntry): void {
    loseOne(path, entry);
    let within: BytePath | undefined;
    for (const below of kept.takeBelow(path)) {
      if (exchanged.has(below.path)) within = below.path;
      if (within === undefined || !isWithin(below.path, within)) loseOne(below.path, below.entry);
    }
  }

  function loseOne(path: BytePath, entry: ManifestEntry): void {
    if (entry.type === 'directory') {
      gone.push(path);
      if (!spine.has(path)) undressed.push({ path, entry });
    } else if (!mended.has(path)) {
      changed.push(path);
      groups.add(entry.linkGroup, undefined);
    }
  }

  function skip(path: BytePath): void {
    for (const _ of kept.takeBelow(path));
  }
}
