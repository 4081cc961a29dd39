import { hashOf, type PathTable } from './path-table.ts';

const NONE = -1;

/**
 * Finds the paths `<company>/<folder>/<name…>/<label>` of a table by `<company>/<name…>/<label>`, whatever the folder.
 * It knows the paths that the table had when it was made. Memory: 8 bytes a path.
 */
export class NameIndex {
  readonly #paths: PathTable;
  readonly #first: Int32Array;
  readonly #next: Int32Array;

  constructor(paths: PathTable) {
    this.#paths = paths;
    this.#next = new Int32Array(paths.length).fill(NONE);
    this.#first = new Int32Array(2 ** Math.ceil(Math.log2(paths.length + 1))).fill(NONE);
    // Backwards, so that each chain is in the table's order.
    for (let number = paths.length - 1; number >= 0; number -= 1) {
      const name = nameOf(paths.pathAt(number));
      if (name === undefined) continue;
      const bucket = this.#bucket(name);
      this.#next[number] = this.#first[bucket]!;
      this.#first[bucket] = number;
    }
  }

  /** Numbers of the paths. */
  find(name: string): number[] {
    const found: number[] = [];
    for (let at = this.#first[this.#bucket(name)]!; at !== NONE; at = this.#next[at]!)
      if (nameOf(this.#paths.pathAt(at)) === name) found.push(at);
    return found;
  }

  #bucket(name: string): number {
    return hashOf(name) & (this.#first.length - 1);
  }
}

/** `<company>/<name…>/<label>` of a path that has a folder between; undefined when it has none. */
export function nameOf(path: string): string | undefined {
  const company = path.indexOf('/');
  const folder = path.indexOf('/', company + 1);
  if (company < 0 || folder < 0 || path.indexOf('/', folder + 1) < 0) return undefined;
  return path.slice(0, company) + path.slice(folder);
}
