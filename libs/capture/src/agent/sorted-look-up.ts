import type { BytePath } from '@lifeboat/file-tree';
import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';

/** Entries looked at ahead for the names of one directory: a document's folder has a few, a folder of documents many. */
const LOOK_AHEAD = 64;

/** Finds ascending paths in ascending entries: one step of a merge each. */
export class SortedLookUp {
  readonly #entries: Iterator<ManifestEntry, void, undefined> | undefined;
  /** Entries not passed yet, the next one first. */
  readonly #ahead: ManifestEntry[] = [];

  constructor(entries: Iterator<ManifestEntry, void, undefined> | undefined) {
    this.#entries = entries;
  }

  find(path: Buffer): ManifestEntry | undefined {
    for (let next = this.#peek(0); next !== undefined; next = this.#peek(0)) {
      const order = comparePaths(next.path, path);
      if (order > 0) return undefined;
      this.#ahead.shift();
      if (order === 0) return next;
    }
    return undefined;
  }

  /**
   * Names of what lies in the directory that was found last. Undefined where that takes too long to say, or where
   * the entries end first: they may end early.
   */
  namesIn(directory: Buffer): BytePath[] | undefined {
    const start = directory.length + 1;
    const names: BytePath[] = [];
    for (let at = 0; at < LOOK_AHEAD; at += 1) {
      const entry = this.#peek(at);
      if (entry === undefined) return undefined;
      if (!isBelow(entry.path, directory)) return names;
      if (entry.path.indexOf(SLASH, start) < 0) names.push(entry.path.toString('latin1', start));
    }
    return undefined;
  }

  #peek(at: number): ManifestEntry | undefined {
    while (this.#ahead.length <= at) {
      const entry = this.#entries?.next().value;
      if (entry === undefined) return undefined;
      this.#ahead.push(entry);
    }
    return this.#ahead[at];
  }
}

const SLASH = 0x2f;

function isBelow(path: Buffer, directory: Buffer): boolean {
  const { length } = directory;
  return (
    path.length > length && path[length] === SLASH && path.compare(directory, 0, length, 0, length) === 0
  );
}
