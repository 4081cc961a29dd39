import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { systemCodeOf } from '@lifeboat/kernel';
import { forFileSystem, type BytePath } from './byte-path.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Linux only: reading leaves the access time alone. Owner or root may; others get EPERM. */
const O_NOATIME = (constants as { O_NOATIME?: number }).O_NOATIME ?? 0;
/** Reads of a file that changes under the reader, beyond the first. */
export const REREADS = 2;

export type StableRead =
  | { outcome: 'read'; stat: BigIntStats; length: number; changedWhileRead: boolean }
  /** Larger than the room given: read it in parts (`openForReading`, `readFully`). */
  | { outcome: 'too-big'; stat: BigIntStats }
  | { outcome: 'vanished' }
  | { outcome: 'unreadable'; reason: string };

/**
 * Reads a whole regular file into `target[start…]`. When size, mtime or ctime moved meanwhile it is read again, up
 * to REREADS times; after that (a log being written) the bytes up to the size first seen are kept and
 * `changedWhileRead` is set. The stat describes the bytes, not the name: the file may have been replaced since the
 * caller's lstat. `afterRead` is for tests: it runs between reading and checking.
 */
export function readStable(
  location: BytePath,
  target: Uint8Array,
  start: number,
  afterRead?: (attempt: number) => void,
): StableRead {
  let fd: number;
  try {
    fd = openForReading(location);
  } catch (error) {
    return unreadable(error);
  }
  try {
    let stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) return { outcome: 'vanished' };
    const firstSize = stat.size;
    for (let attempt = 0; ; attempt += 1) {
      const last = attempt === REREADS;
      const wanted = Number(last && stat.size > firstSize ? firstSize : stat.size);
      if (wanted > target.length - start) return { outcome: 'too-big', stat };
      const length = readFully(fd, target, start, wanted, 0);
      afterRead?.(attempt);
      const after = fstatSync(fd, { bigint: true });
      if (sameVersion(stat, after) && length === wanted) {
        return { outcome: 'read', stat, length, changedWhileRead: false };
      }
      if (last) return { outcome: 'read', stat, length, changedWhileRead: true };
      stat = after;
    }
  } catch (error) {
    return unreadable(error);
  } finally {
    closeSync(fd);
  }
}

/** Opens without following a link in the last component, without blocking on a pipe, without touching atime. */
export function openForReading(location: BytePath): number {
  const path = forFileSystem(location);
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  try {
    return openSync(path, flags | O_NOATIME);
  } catch (error) {
    if (systemCodeOf(error) !== 'EPERM') throw error;
    return openSync(path, flags);
  }
}

/** Bytes read: fewer than `length` only when the file ends earlier. */
export function readFully(
  fd: number,
  target: Uint8Array,
  start: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const count = readSync(fd, target, start + done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Nothing was written in between, as far as the file system tells (its clock ticks every few milliseconds). */
export function sameVersion(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino;
}

export function unreadable(
  error: unknown,
): { outcome: 'vanished' } | { outcome: 'unreadable'; reason: string } {
  const code = systemCodeOf(error);
  if (code === undefined) throw error;
  // ELOOP: a symbolic link took its place; ENXIO: a socket did. The next walk sees what it is now.
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO')
    return { outcome: 'vanished' };
  return { outcome: 'unreadable', reason: `not readable (${code})` };
}
