import { copyFileSync, constants, linkSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { invariant, systemCodeOf } from '@lifeboat/kernel';
import { bytePath, forFileSystem, type BytePath } from './byte-path.ts';
import { OWN_FOLDER } from './walk.ts';

/** A file that stays readable whatever becomes of its name. */
export interface Pin {
  /** Relative to the tree's root. */
  path: BytePath;
  /** Where it is pinned: absolute. */
  location: BytePath;
  inode: bigint;
  /** A copy (other file system, or one without links) does not follow later writes to the file. */
  copied: boolean;
  /** mtime when it was copied. */
  mtimeNs: bigint;
  /** 0 for the first version of this path, and so on. */
  version: number;
}

/** Where all holds of a tree lie. */
export function holdFolder(root: string): string {
  return `${root.replace(/\/+$/, '')}/${OWN_FOLDER}/hold`;
}

/** Removes what this owner's process left when it was killed; other agents hold files in the same shared tree. */
export function removeStaleHolds(root: string, owner: string): void {
  rmSync(`${holdFolder(root)}/${owner}`, { recursive: true, force: true });
}

/**
 * Pins files of one tree below `<root>/.lifeboat/hold/<owner>/<epoch>/<version>/<path>`: by hard link, which costs nothing
 * and follows writes, else by copy. A path that gets another file while the hold lasts is pinned again under the
 * next version, so nothing is lost.
 */
export class PinStore {
  readonly #root: BytePath;
  readonly #folder: BytePath;
  readonly #pins = new Map<BytePath, Pin[]>();
  readonly #made = new Set<BytePath>();
  #bytes = 0;

  constructor(root: string, owner: string, epoch: string) {
    const plain = /^[0-9A-Za-z][0-9A-Za-z-]*$/;
    invariant(plain.test(owner) && plain.test(epoch), 'owner and epoch of a hold are parts of a path');
    this.#root = bytePath(root.replace(/\/+$/, ''));
    this.#folder = `${bytePath(holdFolder(root))}/${owner}/${epoch}`;
  }

  /** Sum of the sizes when they were pinned. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#pins.size;
  }

  /** Versions of each path, oldest first. */
  pins(): IterableIterator<Pin[]> {
    return this.#pins.values();
  }

  /** The latest version of a path that is pinned. */
  latest(path: BytePath): Pin | undefined {
    return this.#pins.get(path)?.at(-1);
  }

  /**
   * Pins the regular file at `path` (relative) unless this very file is pinned already. False when it is not there,
   * or not a regular file. Throws what the file system says (ENOSPC, EACCES…).
   */
  pin(path: BytePath): boolean {
    const source = forFileSystem(`${this.#root}/${path}`);
    const stat = lstatSync(source, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return false;
    const versions = this.#pins.get(path) ?? [];
    const last = versions.at(-1);
    if (last?.inode === stat.ino && (!last.copied || last.mtimeNs === stat.mtimeNs)) return true;
    const version = versions.length;
    const location = `${this.#folder}/${version}/${path}`;
    this.#makeParents(location);
    const copied = linkOrCopy(source, forFileSystem(location));
    if (copied === undefined) return false;
    versions.push({ path, location, inode: stat.ino, copied, mtimeNs: stat.mtimeNs, version });
    this.#pins.set(path, versions);
    this.#bytes += Number(stat.size);
    return true;
  }

  release(): void {
    this.#pins.clear();
    this.#made.clear();
    rmSync(forFileSystem(this.#folder), { recursive: true, force: true });
  }

  #makeParents(location: BytePath): void {
    const parent = location.slice(0, location.lastIndexOf('/'));
    if (this.#made.has(parent)) return;
    mkdirSync(forFileSystem(parent), { recursive: true, mode: 0o700 });
    this.#made.add(parent);
  }
}

/** Whether it was copied; undefined when the file is gone by now. */
function linkOrCopy(source: string | Buffer, target: string | Buffer): boolean | undefined {
  try {
    linkSync(source, target);
    return false;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return undefined;
    if (code === undefined || !['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS'].includes(code)) throw error;
  }
  try {
    copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
