import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { systemCodeOf } from '@lifeboat/kernel';
import { forFileSystem, type BytePath } from '../byte-path.ts';
import type { SafeDirectory } from '../safe-directory.ts';
import type { Found } from '../switch-plan.ts';

/**
 * Looks at entries of a live tree by their paths: half as dear as through descriptors, where every entry of a tree is looked
 * at. Whoever moves directories at this very moment can mislead it, so nothing is opened or changed on its word alone.
 * Callers ask only below directories that they have seen to be some.
 */
export class Glance {
  readonly #root: SafeDirectory;

  constructor(root: SafeDirectory) {
    this.#root = root;
  }

  /** Of the entry itself, never of what a link points to. Undefined: it is not there, or not to be looked at. */
  at(path: BytePath): BigIntStats | undefined {
    if (path === '') return this.#root.stat();
    return unlessGone(() => lstatSync(this.#place(path), { bigint: true, throwIfNoEntry: false }));
  }

  /** What lies in a directory. Undefined where `at` is. */
  in(directory: BytePath): Map<BytePath, Found> | undefined {
    const names = this.names(directory);
    if (names === undefined) return undefined;
    const found = new Map<BytePath, Found>();
    for (const name of names) {
      const stat = this.at(directory === '' ? name : `${directory}/${name}`);
      if (stat !== undefined) found.set(name, { isDirectory: stat.isDirectory(), stat });
    }
    return found;
  }

  names(directory: BytePath): BytePath[] | undefined {
    return unlessGone(() => readdirSync(this.#place(directory), { encoding: 'latin1' }));
  }

  #place(path: BytePath): string | Buffer {
    return forFileSystem(`${this.#root.location}/${path}`);
  }
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw error;
  }
}
