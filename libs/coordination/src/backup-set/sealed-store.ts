import { isDerived, isStoreFurniture, type Resolution } from '@lifeboat/dxp';
import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';

import type { StoreCopies } from './store-copies.ts';

/**
 * The document store as it belongs to T: of what the round saw, everything but files that no row at T refers to
 * (they would make the portal meet names it issues again: DXP facts §2.10), plus the copies held or looked up that
 * a row at T needs, each at the path where that row expects it.
 */
export async function* sealedStore(
  round: () => AsyncIterable<ManifestEntry>,
  copies: StoreCopies,
  resolution: Resolution,
): AsyncGenerator<ManifestEntry> {
  const additions = await additionsOf(round, copies, resolution);
  let next = 0;
  for await (const entry of round()) {
    while (next < additions.length && comparePaths(additions[next]!.path, entry.path) < 0)
      yield additions[next++]!;
    const addition = additions[next];
    const same = addition !== undefined && comparePaths(addition.path, entry.path) === 0;
    if (same) next += 1;
    // A directory that both know is the round's own; a file that was added is the one that T needs.
    if (same && addition.type === 'file') yield addition;
    else if (belongs(entry, resolution)) yield entry;
  }
  while (next < additions.length) yield additions[next++]!;
}

function belongs(entry: ManifestEntry, resolution: Resolution): boolean {
  if (entry.type !== 'file') return true;
  const path = entry.path.toString('utf8');
  if (resolution.moves.some((move) => move.path === path)) return false;
  return (
    resolution.referenced.has(path) || isDerived(path) || isStoreFurniture(path) || !looksLikeADocument(path)
  );
}

/** `<companyId>/<folder or group>/<name…>/<label>`: what is not of that form is not ours to judge, and is kept. */
function looksLikeADocument(path: string): boolean {
  return /^\d+\/\d+\/.+\/[^/]+$/.test(path);
}

async function additionsOf(
  round: () => AsyncIterable<ManifestEntry>,
  copies: StoreCopies,
  resolution: Resolution,
): Promise<ManifestEntry[]> {
  const additions: ManifestEntry[] = [];
  const moved = new Map(resolution.moves.map((move) => [move.path, move.expectedPath]));
  for (const [path, size] of resolution.referenced) {
    if (copies.roundHas(Buffer.from(path), size)) continue;
    const entry = copies.extra(path, size);
    if (entry !== undefined) additions.push({ ...entry, path: Buffer.from(moved.get(path) ?? path) });
  }
  for (const entry of await movedEntries(round, moved, copies, resolution)) {
    additions.push({ ...entry, path: Buffer.from(moved.get(entry.path.toString('utf8'))!) });
  }
  return withParents(additions, copies);
}

/** Entries of the round that a row at T expects elsewhere: rare, so the round is read for them only when needed. */
async function movedEntries(
  round: () => AsyncIterable<ManifestEntry>,
  moved: ReadonlyMap<string, string>,
  copies: StoreCopies,
  resolution: Resolution,
): Promise<ManifestEntry[]> {
  const wanted = [...moved.keys()].filter((path) =>
    copies.roundHas(Buffer.from(path), resolution.referenced.get(path) ?? -1),
  );
  if (wanted.length === 0) return [];
  const keys = new Set(wanted);
  const entries: ManifestEntry[] = [];
  for await (const entry of round()) if (keys.has(entry.path.toString('utf8'))) entries.push(entry);
  return entries;
}

/** New files need their directories; where the round has them too, the round's own entry is simply replaced. */
function withParents(files: ManifestEntry[], copies: StoreCopies): ManifestEntry[] {
  const known = new Map(copies.extraDirectories().map((entry) => [entry.path.toString('latin1'), entry]));
  const entries = new Map(files.map((entry) => [entry.path.toString('latin1'), entry]));
  for (const file of files) {
    for (let path = parentOf(file.path); path.length > 0; path = parentOf(path)) {
      const key = path.toString('latin1');
      if (entries.has(key)) break;
      entries.set(key, known.get(key) ?? directoryLike(file, path));
    }
  }
  return [...entries.values()].sort((a, b) => comparePaths(a.path, b.path));
}

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, Math.max(0, path.lastIndexOf(0x2f)));
}

function directoryLike(file: ManifestEntry, path: Buffer): ManifestEntry {
  const { uid, gid, mtimeNs, ctimeNs } = file;
  const owner = {
    ...(file.user === undefined ? {} : { user: file.user }),
    ...(file.group === undefined ? {} : { group: file.group }),
  };
  return {
    path,
    type: 'directory',
    mode: 0o755,
    uid,
    gid,
    ...owner,
    mtimeNs,
    ctimeNs,
    size: 0,
    inode: 0n,
    content: [],
  };
}
