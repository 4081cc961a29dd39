import type { BigIntStats } from 'node:fs';
import type { ManifestEntry } from '@lifeboat/vault-format';

export type LiveStatus = Pick<
  BigIntStats,
  'mode' | 'uid' | 'gid' | 'size' | 'ino' | 'nlink' | 'mtimeNs' | 'ctimeNs'
>;

/**
 * `untouched`: it is the entry, for nothing sets a ctime but the kernel's clock at each change. `alike`: only its bytes
 * and attributes can tell. `other`: at least its metadata are to be another.
 */
export type Look = 'untouched' | 'alike' | 'other';

/** No time stamp tells apart what happens within its grain; that of the file systems kept on is 10 ms at most. */
export const RACY_NANOS = 2_000_000_000n;

const S_IFMT = 0o170000n;
const KINDS = { file: 0o100000n, directory: 0o040000n, symlink: 0o120000n } as const;

/**
 * Pure. `owner` is what the entry's accounts are on this host. A ctime from `trustedBefore` on (nanoseconds since 1970) may
 * hide a later change.
 */
export function lookAt(
  stat: LiveStatus,
  entry: ManifestEntry,
  owner: { readonly uid: number; readonly gid: number },
  trustedBefore: bigint,
): Look {
  const isAlike =
    (stat.mode & S_IFMT) === KINDS[entry.type] &&
    stat.mtimeNs === entry.mtimeNs &&
    (entry.type !== 'file' || Number(stat.size) === entry.size) &&
    (entry.type === 'symlink' || Number(stat.mode & 0o7777n) === entry.mode) &&
    Number(stat.uid) === owner.uid &&
    Number(stat.gid) === owner.gid;
  if (!isAlike) return 'other';
  const isUntouched =
    stat.ctimeNs === entry.ctimeNs && stat.ino === entry.inode && stat.ctimeNs < trustedBefore;
  return isUntouched ? 'untouched' : 'alike';
}
