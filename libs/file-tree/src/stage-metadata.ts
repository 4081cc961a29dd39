import { chmodSync, lchownSync, lstatSync, lutimesSync } from 'node:fs';
import { systemCodeOf } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from './byte-path.ts';
import { forFileSystem } from './byte-path.ts';
import { native, type ExtendedAttribute } from './native.ts';
import type { Accounts } from './stage-accounts.ts';

/** What an entry has besides its content. */
export interface Metadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly xattrs: readonly ExtendedAttribute[];
}

/** Names of what could not be given to a file; counted, and reported once per kind. */
export type Lost = 'owner' | 'attributes' | 'nanoseconds';
export type Losses = Map<Lost, number>;

export function countLost(losses: Losses, what: Lost, count = 1): void {
  losses.set(what, (losses.get(what) ?? 0) + count);
}

export function addLosses(losses: Losses, more: Losses): void {
  for (const [what, count] of more) countLost(losses, what, count);
}

export function metadataOf(entry: ManifestEntry, accounts: Accounts): Metadata {
  return { mode: entry.mode, ...accounts.owner(entry), mtimeNs: entry.mtimeNs, xattrs: entry.xattrs ?? [] };
}

export function readMetadata(path: BytePath): Metadata {
  const stat = lstatSync(forFileSystem(path), { bigint: true });
  return {
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtimeNs: stat.mtimeNs,
    xattrs: native.available ? native.lgetxattrs(Buffer.from(path, 'latin1')) : [],
  };
}

/**
 * Applies it to a file, directory or link (never following one). Order matters: a change of owner clears set-id bits
 * and capabilities, attributes need write permission, and times come last because all else changes them.
 */
export function applyMetadata(
  path: BytePath,
  kind: ManifestEntry['type'],
  wanted: Metadata,
  lost: (what: Lost) => void,
): void {
  const file = forFileSystem(path);
  const now = lstatSync(file);
  let owned = true;
  if (now.uid !== wanted.uid || now.gid !== wanted.gid) {
    owned = attempt(() => lchownSync(file, wanted.uid, wanted.gid));
    if (!owned) lost('owner');
  }
  applyAttributes(path, wanted.xattrs, lost);
  // A set-id bit under another owner than the one meant would hand out that other's rights.
  if (kind !== 'symlink') chmodSync(file, owned ? wanted.mode : wanted.mode & 0o1777);
  applyTime(path, wanted.mtimeNs, lost);
}

export function applyTime(path: BytePath, mtimeNs: bigint, lost: (what: Lost) => void): void {
  if (native.available) {
    native.utimensat(Buffer.from(path, 'latin1'), mtimeNs, mtimeNs);
    return;
  }
  const seconds = Number(mtimeNs) / 1e9;
  lutimesSync(forFileSystem(path), seconds, seconds);
  if (mtimeNs % 1_000_000_000n !== 0n) lost('nanoseconds');
}

/** What the file inherited from its folder (default ACLs) and the set does not have goes away. */
function applyAttributes(
  path: BytePath,
  wanted: readonly ExtendedAttribute[],
  lost: (what: Lost) => void,
): void {
  if (!native.available) {
    if (wanted.length > 0) lost('attributes');
    return;
  }
  const bytes = Buffer.from(path, 'latin1');
  for (const { name, value } of native.lgetxattrs(bytes)) {
    const kept = wanted.find((attribute) => attribute.name.equals(name));
    if (kept?.value.equals(value) === true || (kept === undefined && isHostOwned(name))) continue;
    if (kept === undefined && !attempt(() => native.lremovexattr(bytes, name))) lost('attributes');
  }
  for (const { name, value } of wanted) {
    if (!attempt(() => native.lsetxattr(bytes, name, value))) lost('attributes');
  }
}

/** Whether the attributes are the wanted ones; what the host gives by itself does not count. */
export function hasAttributes(path: BytePath, wanted: readonly ExtendedAttribute[]): boolean {
  if (!native.available) return wanted.length === 0;
  const own = (attributes: readonly ExtendedAttribute[]): readonly ExtendedAttribute[] =>
    attributes.filter(({ name }) => !isHostOwned(name));
  const [found, expected] = [own(native.lgetxattrs(Buffer.from(path, 'latin1'))), own(wanted)];
  return (
    found.length === expected.length &&
    expected.every(({ name, value }) =>
      found.some((attribute) => attribute.name.equals(name) && attribute.value.equals(value)),
    )
  );
}

/** Labels that the host's security module gives to every file. */
function isHostOwned(name: Buffer): boolean {
  return (
    name.subarray(0, 9).toString('latin1') === 'security.' && !name.equals(Buffer.from('security.capability'))
  );
}

/** False when this account or file system may not; anything else is an error. */
function attempt(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (
      code === 'EPERM' ||
      code === 'EACCES' ||
      code === 'ENOTSUP' ||
      code === 'EOPNOTSUPP' ||
      code === 'EINVAL'
    )
      return false;
    throw error;
  }
}
