import { native, type BytePath, type WalkEntry } from '@lifeboat/file-tree';
import { systemCodeOf } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { AccountNames } from './account-names.ts';
import type { FileFacts } from './worker-messages.ts';

/** An entry on its way into a manifest; with `read`, its content is still to be read from `location`. */
export interface PlannedEntry {
  entry: ManifestEntry;
  location: BytePath;
  read: boolean;
  /** Size the walk saw. */
  expectedBytes: number;
  /** The same file as a capture that was cut off had sent it: need not be read if the server still has all of it. */
  sent?: ManifestEntry | undefined;
}

/** What a new or changed entry's metadata is; a file's content follows. */
export function plannedEntry(found: WalkEntry, names: AccountNames): PlannedEntry {
  const { stat, type, path, location } = found;
  const uid = Number(stat.uid);
  const gid = Number(stat.gid);
  const entry: ManifestEntry = {
    path,
    type,
    mode: Number(stat.mode & 0o7777n),
    uid,
    gid,
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    size: 0,
    inode: stat.ino,
    content: [],
  };
  setNames(entry, names);
  if (type === 'file' && stat.nlink > 1n) entry.linkGroup = stat.ino;
  if (found.linkTarget !== undefined) entry.linkTarget = found.linkTarget;
  setAttributes(entry, location);
  const read = type === 'file';
  return { entry, location, read, expectedBytes: read ? Number(stat.size) : 0 };
}

/** The file that was read need not be the one the walk saw: its metadata are those of the bytes. */
export function adoptFacts(planned: PlannedEntry, facts: FileFacts, names: AccountNames): void {
  const { entry } = planned;
  if (entry.ctimeNs === facts.ctimeNs && entry.inode === facts.inode) return;
  entry.inode = facts.inode;
  entry.mode = facts.mode;
  entry.uid = facts.uid;
  entry.gid = facts.gid;
  entry.mtimeNs = facts.mtimeNs;
  entry.ctimeNs = facts.ctimeNs;
  if (facts.links > 1n) entry.linkGroup = facts.inode;
  else delete entry.linkGroup;
  setNames(entry, names);
  setAttributes(entry, planned.location);
}

/**
 * Nothing says that it changed. A change of content, owner, mode or attributes moves ctime; so does a link to a file, and
 * for one that is written once its mtime tells enough.
 */
export function isUnchanged(
  found: WalkEntry,
  previous: ManifestEntry,
  readBefore: bigint,
  writtenOnce = false,
): boolean {
  const { stat } = found;
  const byMtime = writtenOnce && found.type === 'file';
  return (
    previous.type === found.type &&
    previous.mtimeNs === stat.mtimeNs &&
    (byMtime || previous.ctimeNs === stat.ctimeNs) &&
    previous.inode === stat.ino &&
    (found.type !== 'file' || BigInt(previous.size) === stat.size) &&
    (byMtime ? stat.mtimeNs : stat.ctimeNs) < readBefore
  );
}

export function namesHold(entry: ManifestEntry, names: AccountNames): boolean {
  return entry.user === names.user(entry.uid) && entry.group === names.group(entry.gid);
}

export function setNames(entry: ManifestEntry, names: AccountNames): void {
  const user = names.user(entry.uid);
  const group = names.group(entry.gid);
  if (user === undefined) delete entry.user;
  else entry.user = user;
  if (group === undefined) delete entry.group;
  else entry.group = group;
}

function setAttributes(entry: ManifestEntry, location: BytePath): void {
  delete entry.xattrs;
  if (!native.available) return;
  try {
    const xattrs = native.lgetxattrs(Buffer.from(location, 'latin1'));
    if (xattrs.length > 0) entry.xattrs = xattrs;
  } catch (error) {
    // Vanished or not readable: reading the entry itself finds and reports it.
    if (systemCodeOf(error) === undefined) throw error;
  }
}
