import { constants, fstatSync, readlinkSync, readSync } from 'node:fs';
import { isZero } from '@lifeboat/chunking';
import { systemCodeOf } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from '../byte-path.ts';
import { native } from '../native.ts';
import type { SafeDirectory } from '../safe-directory.ts';
import { missingPieces, piecesOf, withOpen, type Matches } from '../stage-content.ts';
import { hasAttributes } from '../stage-metadata.ts';
import type { Pace } from '../stage-pace.ts';
import type { LiveStatus } from './keep-rule.ts';

const BLOCK = 1 << 18;

/**
 * Whether a live file or link that looks like the entry (`alike`) is it, by reading it where it lies. False also when
 * it may not be read, or has changed since `stat` was taken.
 */
export async function provesEqual(
  parent: SafeDirectory,
  name: BytePath,
  stat: LiveStatus,
  entry: ManifestEntry,
  matches: Matches,
  pace: Pace,
): Promise<boolean> {
  try {
    if (!hasAttributes(parent.path(name), entry.xattrs ?? [])) return false;
    if (entry.type === 'symlink')
      return readlinkSync(parent.at(name), { encoding: 'buffer' }).equals(entry.linkTarget as Buffer);
    return await withOpen(parent.at(name), constants.O_RDONLY, async (fd) => {
      const [first] = piecesOf(entry);
      // Most files that are other show it in their first piece.
      if (first !== undefined && (await missingPieces(fd, [first], matches, pace)).length > 0) return false;
      const missing = await missingPieces(fd, piecesOf(entry).slice(1), matches, pace);
      if (missing.length > 0 || !(await hasHoles(fd, entry, pace))) return false;
      const now = fstatSync(fd, { bigint: true });
      return now.ino === stat.ino && now.ctimeNs === stat.ctimeNs && now.size === stat.size;
    });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM' || code === 'ELOOP') return false;
    throw error;
  }
}

/** Zeros wherever the entry has a hole. */
async function hasHoles(fd: number, entry: ManifestEntry, pace: Pace): Promise<boolean> {
  let offset = 0;
  for (const part of entry.content) {
    const end = offset + ('hole' in part ? part.hole : part.length);
    if ('hole' in part && !(await isZeroBetween(fd, offset, end, pace))) return false;
    offset = end;
  }
  return true;
}

async function isZeroBetween(fd: number, start: number, end: number, pace: Pace): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(Math.min(BLOCK, end - start));
  for (let at = start; at < end;) {
    at = native.available ? Math.min(native.seekData(fd, at) ?? end, end) : at;
    const read = at < end ? readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at) : 0;
    if (read === 0) return at === end;
    if (!isZero(buffer, 0, read)) return false;
    at += read;
    await pace.breathe();
  }
  return true;
}
