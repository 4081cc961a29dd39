import { LifeboatError } from '@lifeboat/kernel';
import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';
import { displayPath, type BytePath } from './byte-path.ts';
import { isWithin, parentPath, safeRelativePath, unsafePath } from './safe-path.ts';

export interface CheckedEntry {
  readonly path: BytePath;
  readonly entry: ManifestEntry;
  /** Ancestors that the manifest leaves out and that have to be made first, outermost first. */
  readonly impliedDirectories: readonly BytePath[];
}

/**
 * The gate for entries of a manifest, which are hostile until proven otherwise: safe names, strictly rising path
 * order (so nothing comes twice), nothing below a non-directory, content that adds up to the size.
 * Throws PATH_UNSAFE or FORMAT_DAMAGED.
 */
export class SafeEntries {
  #previous: Buffer | undefined;
  /** The directories that contain the latest entry, itself included if it is one; outermost first. */
  #open: BytePath[] = [];
  #latestOther: BytePath | undefined;

  check(entry: ManifestEntry): CheckedEntry {
    const path = safeRelativePath(entry.path);
    this.#checkOrder(entry.path, path);
    checkShape(entry, path);
    const impliedDirectories = this.#descendTo(path);
    if (entry.type === 'directory') {
      if (path !== '') this.#open.push(path);
      this.#latestOther = undefined;
    } else {
      if (path === '') throw unsafePath(path, 'the root of a tree is not a directory');
      this.#latestOther = path;
    }
    return { path, entry, impliedDirectories };
  }

  #checkOrder(bytes: Buffer, path: BytePath): void {
    if (this.#previous !== undefined && comparePaths(this.#previous, bytes) >= 0) {
      throw unsafePath(path, 'it comes twice or out of order');
    }
    this.#previous = bytes;
  }

  /** In path order everything below a file follows it at once, so the latest non-directory is the one to look at. */
  #descendTo(path: BytePath): BytePath[] {
    if (this.#latestOther !== undefined && isWithin(path, this.#latestOther)) {
      throw unsafePath(path, 'it lies below something that is not a directory');
    }
    while (this.#open.length > 0 && !isWithin(path, this.#open.at(-1) as BytePath)) this.#open.pop();
    const implied: BytePath[] = [];
    for (let parent = parentPath(path); parent !== (this.#open.at(-1) ?? ''); parent = parentPath(parent)) {
      implied.unshift(parent);
    }
    this.#open.push(...implied);
    return implied;
  }
}

function checkShape(entry: ManifestEntry, path: BytePath): void {
  const damaged = (what: string): LifeboatError =>
    new LifeboatError('FORMAT_DAMAGED', `the manifest entry ${JSON.stringify(displayPath(path))} ${what}`);
  if (entry.mode < 0 || entry.mode > 0o7777) throw damaged(`has an impossible mode ${entry.mode}`);
  if (entry.type === 'symlink') {
    const target = entry.linkTarget;
    if (target === undefined || target.length === 0 || target.includes(0))
      throw damaged('is a link to nowhere');
  }
  if (entry.type !== 'file') {
    if (entry.content.length > 0) throw damaged('has content without being a file');
    return;
  }
  let total = 0;
  for (const part of entry.content) {
    const length = 'hole' in part ? part.hole : part.length;
    if (!Number.isSafeInteger(length) || length <= 0) throw damaged('has an empty part');
    total += length;
  }
  if (total !== entry.size) throw damaged(`says ${entry.size} bytes and lists ${total}`);
}
