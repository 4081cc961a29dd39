import { lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { bytePath, displayPath, forFileSystem, type BytePath } from './byte-path.ts';

/** The folder in a tree's root that is ours (holds, stages); never part of a capture. */
export const OWN_FOLDER = '.lifeboat';

export interface WalkEntry {
  /** Relative to the root; the root itself is empty. */
  path: Buffer;
  /** Where it lies: absolute. */
  location: BytePath;
  type: 'file' | 'directory' | 'symlink';
  stat: BigIntStats;
  /** Of a symbolic link. */
  linkTarget?: Buffer;
}

export interface NotWalked {
  /** Relative to the root, for people. */
  path: string;
  reason: string;
}

export interface WalkOptions {
  /** Relative paths left out with all below. */
  excludes: readonly string[];
  /** What lies in the tree and is not yielded, other than excludes. */
  onNotKept?: (skipped: NotWalked) => void;
  /**
   * Names in the directory just yielded, when they are known to be still the same; undefined: they are read. Each is
   * looked at all the same.
   */
  knownNames?: (path: BytePath) => BytePath[] | undefined;
}

const S_IFMT = 0o170000n;
const SPECIAL_FILES = new Map([
  [0o010000n, 'named pipe'],
  [0o140000n, 'socket'],
  [0o020000n, 'character device'],
  [0o060000n, 'block device'],
]);

/** Names of one directory still to be visited, next one last. */
interface Level {
  location: BytePath;
  path: BytePath;
  names: BytePath[];
}

/**
 * Every entry below `root`, the root first, in manifest order (bytes, component by component). Does not follow
 * symbolic links, stays on the root's device, and keeps one directory's names per level in memory. What vanishes
 * meanwhile is not there; what cannot be read is reported and passed by.
 * Throws ROOT_NOT_FOUND when the root is not a directory one can list.
 */
export function* walk(root: string, options: WalkOptions): Generator<WalkEntry, void, void> {
  const report = options.onNotKept ?? (() => undefined);
  const excluded = new Set(options.excludes.map((path) => bytePath(path).replace(/^\/+|\/+$/g, '')));
  const rootLocation = bytePath(root).replace(/\/+$/, '') || '/';
  const rootStat = statOfRoot(rootLocation);
  const levels: Level[] = [];

  yield { path: Buffer.alloc(0), location: rootLocation, type: 'directory', stat: rootStat };
  enter(rootLocation, '');

  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names.pop();
    if (name === undefined) {
      levels.pop();
      continue;
    }
    if (name === OWN_FOLDER) continue;
    const path = level.path === '' ? name : `${level.path}/${name}`;
    if (excluded.size > 0 && excluded.has(path)) continue;
    const location = level.location === '/' ? `/${name}` : `${level.location}/${name}`;
    const entry = visit(path, location);
    if (entry === undefined) continue;
    yield entry;
    if (entry.type === 'directory') enter(location, path);
  }

  function visit(path: BytePath, location: BytePath): WalkEntry | undefined {
    try {
      const stat = lstatSync(forFileSystem(location), { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      const kind = stat.mode & S_IFMT;
      const base = { path: Buffer.from(path, 'latin1'), location, stat };
      if (kind === 0o100000n) return { ...base, type: 'file' };
      if (kind === 0o120000n) return { ...base, type: 'symlink', linkTarget: readLink(location) };
      if (kind === 0o040000n) {
        if (stat.dev === rootStat.dev) return { ...base, type: 'directory' };
        report({ path: displayPath(path), reason: 'another file system is mounted here' });
        return undefined;
      }
      report({ path: displayPath(path), reason: SPECIAL_FILES.get(kind) ?? 'unknown kind of file' });
    } catch (error) {
      reportUnreadable(path, error);
    }
    return undefined;
  }

  function enter(location: BytePath, path: BytePath): void {
    try {
      const known = options.knownNames?.(path);
      const names = known ?? readdirSync(forFileSystem(location), { encoding: 'latin1' });
      levels.push({ location, path, names: names.sort(descending) });
    } catch (error) {
      if (path === '') throw rootNotFound(location, error);
      reportUnreadable(path, error);
    }
  }

  function reportUnreadable(path: BytePath, error: unknown): void {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    if (code === undefined) throw error;
    report({ path: displayPath(path), reason: `not readable (${code})` });
  }
}

function descending(a: string, b: string): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

function readLink(location: BytePath): Buffer {
  return readlinkSync(forFileSystem(location), { encoding: 'buffer' });
}

function statOfRoot(location: BytePath): BigIntStats {
  try {
    const stat = lstatSync(forFileSystem(location), { bigint: true });
    if (stat.isDirectory()) return stat;
  } catch (error) {
    throw rootNotFound(location, error);
  }
  throw rootNotFound(location, undefined);
}

function rootNotFound(location: BytePath, cause: unknown): LifeboatError {
  return new LifeboatError('ROOT_NOT_FOUND', `${displayPath(location)} is not a directory that can be read`, {
    guidance: 'Check the path in cluster.yaml and the rights of the account the agent runs as.',
    cause,
  });
}
