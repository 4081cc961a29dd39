import { lstatSync } from 'node:fs';
import { bytePath, forFileSystem, safeRelativePath, type BytePath } from '@lifeboat/file-tree';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import type { LookUpPathsResult } from '@lifeboat/wire';
import { captureEntries, type CaptureOptions } from './capture-tree.ts';
import type { Hold } from './hold.ts';
import { listedEntries, type ListedFile } from './listed-entries.ts';

/**
 * Looks paths up now and captures the files found, at the paths asked for; with a hold they are held before they are
 * read, and what was held and is gone is found there. A path that leads through a symbolic
 * link is not there. Throws PATH_UNSAFE for one that could leave the tree: the server is not trusted with that.
 */
export async function lookUpPaths(
  options: CaptureOptions,
  paths: readonly Uint8Array[],
  hold?: Pick<Hold, 'keep' | 'heldAt'>,
): Promise<LookUpPathsResult> {
  const root = bytePath(options.tree.path.replace(/\/+$/, ''));
  const realDirectories = new Map<BytePath, boolean>();
  const found: ListedFile[] = [];
  for (const path of new Set(paths.map(safePath))) {
    const location = `${root}/${path}`;
    const isThere = isRealDirectory(root, parentOf(path), realDirectories) && isFile(location);
    if (isThere) hold?.keep(path);
    const held = hold?.heldAt(path);
    if (held !== undefined) found.push(held);
    else if (isThere) found.push({ path, location });
  }
  if (found.length === 0) return { capture: undefined, found: 0 };
  const capture = await captureEntries(
    options,
    () => listedEntries(root, found),
    `${options.tree.name}@looked-up`,
  );
  return { capture, found: found.length };
}

function safePath(bytes: Uint8Array): BytePath {
  const path = safeRelativePath(bytes);
  if (path !== '') return path;
  throw new LifeboatError('PATH_UNSAFE', 'a path to look up is empty');
}

/** Each directory above is a directory, not a link to one. */
function isRealDirectory(root: BytePath, path: BytePath, known: Map<BytePath, boolean>): boolean {
  if (path === '') return true;
  let real = known.get(path);
  if (real === undefined) {
    real = isRealDirectory(root, parentOf(path), known) && statOf(`${root}/${path}`)?.isDirectory() === true;
    known.set(path, real);
  }
  return real;
}

function isFile(location: BytePath): boolean {
  return statOf(location)?.isFile() === true;
}

function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function statOf(location: BytePath): ReturnType<typeof lstatSync> | undefined {
  try {
    return lstatSync(forFileSystem(location), { throwIfNoEntry: false });
  } catch (error) {
    // A name too long for the file system, a parent that may not be searched: not there for us.
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}
