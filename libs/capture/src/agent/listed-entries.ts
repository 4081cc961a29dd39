import { lstatSync, readlinkSync } from 'node:fs';
import { forFileSystem, type BytePath, type WalkEntry } from '@lifeboat/file-tree';
import { comparePaths } from '@lifeboat/vault-format';

/** A file to capture under `path` though its bytes may lie elsewhere. */
export interface ListedFile {
  path: BytePath;
  location: BytePath;
  /** Hard links that are ours and not the tree's. */
  ownLinks?: bigint;
}

type Place = Omit<ListedFile, 'path'>;

/**
 * Walk entries of single files with the directories above them, in manifest order. What is not there is left out;
 * a path below something that is not a directory now is captured all the same, with the directory it was in missing.
 */
export function* listedEntries(
  root: BytePath,
  files: readonly ListedFile[],
): Generator<WalkEntry, void, undefined> {
  const places = new Map<BytePath, Place>([['', { location: root }]]);
  for (const { path } of files) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      places.set(path.slice(0, end), { location: `${root}/${path.slice(0, end)}` });
    }
  }
  for (const file of files) places.set(file.path, file);
  const paths = [...places.keys()].map((path) => Buffer.from(path, 'latin1')).sort(comparePaths);
  for (const path of paths) {
    const entry = entryAt(path, places.get(path.toString('latin1')) as Place);
    if (entry !== undefined) yield entry;
  }
}

function entryAt(path: Buffer, { location, ownLinks }: Place): WalkEntry | undefined {
  const stat = lstatSync(forFileSystem(location), { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (ownLinks !== undefined) stat.nlink -= ownLinks;
  if (stat.isFile()) return { path, location, stat, type: 'file' };
  if (stat.isDirectory()) return { path, location, stat, type: 'directory' };
  if (!stat.isSymbolicLink()) return undefined;
  const linkTarget = readlinkSync(forFileSystem(location), { encoding: 'buffer' });
  return { path, location, stat, type: 'symlink', linkTarget };
}
