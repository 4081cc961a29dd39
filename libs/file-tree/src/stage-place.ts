import { chmodSync, lstatSync, mkdirSync, readdirSync, rmdirSync, statfsSync, unlinkSync } from 'node:fs';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { displayPath, forFileSystem, type BytePath } from './byte-path.ts';
import { SafeDirectory } from './safe-directory.ts';
import { applyTime } from './stage-metadata.ts';
import { Pace } from './stage-pace.ts';
import { OWN_FOLDER } from './walk.ts';

/** Names below `<root>/.lifeboat` of one restore's new and old data. */
export interface StageNames {
  readonly stage: string;
  readonly aside: string;
}

export function stageNames(restoreId: string): StageNames {
  return { stage: `stage-${restoreId}`, aside: `aside-${restoreId}` };
}

/** Directories to make before `root` exists, outermost first. */
export function missingDirectories(root: BytePath): BytePath[] {
  const missing: BytePath[] = [];
  for (let path = root; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    if (lstatSync(forFileSystem(path), { throwIfNoEntry: false }) !== undefined) break;
    missing.unshift(path);
  }
  return missing;
}

/** Makes them; one that is there by now is fine if it is a directory and no link. */
export function makeDirectories(missing: readonly BytePath[]): void {
  for (const path of missing) {
    const parent = SafeDirectory.open(path.slice(0, path.lastIndexOf('/')));
    try {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (parent.lstat(name) === undefined)
        keepingTimes(parent, () => mkdirSync(parent.at(name), { mode: 0o755 }));
    } finally {
      parent.close();
    }
  }
}

/** Removes directories that `makeDirectories` made, where they are empty again. */
export function removeMade(made: readonly BytePath[]): void {
  for (const path of made.toReversed()) {
    let parent: SafeDirectory | undefined;
    try {
      parent = SafeDirectory.open(path.slice(0, path.lastIndexOf('/')));
      const name = path.slice(path.lastIndexOf('/') + 1);
      const within = parent;
      keepingTimes(within, () => rmdirSync(within.at(name)));
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'ENOENT') continue;
      if (code === 'ENOTEMPTY' || code === 'EBUSY') return;
      throw error;
    } finally {
      parent?.close();
    }
  }
}

/** Opens `<root>/.lifeboat/<name>`, making it (0700) if it is not there; the root keeps its times. */
export function openOwnFolder(root: SafeDirectory, name: string): SafeDirectory {
  const own = keepingTimes(root, () => makePrivate(root, OWN_FOLDER));
  try {
    const folder = makePrivate(own, name);
    if (folder.stat().dev === root.stat().dev) return folder;
    folder.close();
    throw new LifeboatError(
      'PATH_UNSAFE',
      `${displayPath(own.location)} lies on another file system than its tree`,
      {
        guidance: 'Unmount what is mounted there: staged entries can only be renamed within one file system.',
      },
    );
  } finally {
    own.close();
  }
}

/** Removes `<root>/.lifeboat/<name>` with all below, and `.lifeboat` itself when that leaves it empty. */
export async function removeOwnFolder(root: SafeDirectory, name: string): Promise<void> {
  if (root.lstat(OWN_FOLDER) === undefined) return;
  const own = root.child(OWN_FOLDER);
  try {
    await removeTree(own.path(name), new Pace());
    if (own.names().length > 0) return;
  } finally {
    own.close();
  }
  keepingTimes(root, () => {
    try {
      rmdirSync(root.at(OWN_FOLDER));
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOTEMPTY') throw error;
    }
  });
}

/** Nothing but what is inside our own private folder may be given to this. */
async function removeTree(path: BytePath, pace: Pace): Promise<void> {
  const file = forFileSystem(path);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    unlinkSync(file);
    return;
  }
  if ((stat.mode & 0o700) !== 0o700) chmodSync(file, 0o700);
  for (const name of readdirSync(file, { encoding: 'latin1' })) {
    await removeTree(`${path}/${name}`, pace);
    await pace.breathe();
  }
  rmdirSync(file);
}

/** Opens a folder that is ours alone, making it (0700) if it is not there. Throws PATH_UNSAFE. */
export function makePrivate(parent: SafeDirectory, name: string): SafeDirectory {
  try {
    mkdirSync(parent.at(name), { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
  const made = parent.child(name);
  try {
    return made.assertPrivate();
  } catch (error) {
    made.close();
    throw error;
  }
}

function keepingTimes<T>(directory: SafeDirectory, change: () => T): T {
  const before = directory.stat();
  const result = change();
  if (directory.stat().mtimeNs !== before.mtimeNs)
    applyTime(`${directory.path('')}/.`, before.mtimeNs, () => undefined);
  return result;
}

export interface Space {
  readonly free: bigint;
  /** What has to stay free for whatever else lives there, the portal first of all. */
  readonly floor: bigint;
}

const MAX_FLOOR = 2n << 30n;

/** Of the file system that holds the path or its nearest existing ancestor. */
export function spaceAt(path: BytePath): Space {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    try {
      const stat = statfsSync(forFileSystem(at === '' ? '/' : at), { bigint: true });
      const twentieth = (stat.blocks * stat.bsize) / 20n;
      return { free: stat.bavail * stat.bsize, floor: twentieth < MAX_FLOOR ? twentieth : MAX_FLOOR };
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT' || at === '') throw error;
    }
  }
}

export function assertSpace(space: Space, needed: bigint, where: BytePath): void {
  if (space.free - space.floor >= needed) return;
  throw new LifeboatError(
    'NO_SPACE',
    `staging at ${displayPath(where)} needs ${needed} bytes; ${space.free} are free, of which ${space.floor} stay free`,
    {
      guidance:
        'Free space on that file system, or finalize an earlier restore to drop the data it kept aside.',
    },
  );
}
