import type { StoreIndex } from '@lifeboat/dxp';
import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';

/**
 * Every copy of every store file that a set in the making has in the vault: the round's, and what was held or
 * looked up afterwards. The same path may have several copies of different size (an image written anew).
 *
 * Of the round only sizes are kept here (its entries are streamed again from the vault); of the few others the
 * whole entry. Memory: about 150 bytes a file of the round.
 */
export class StoreCopies implements StoreIndex {
  readonly #round = new Map<string, number>();
  readonly #extra = new Map<string, ManifestEntry[]>();
  #byName: Map<string, string[]> | undefined;

  async addRound(entries: AsyncIterable<ManifestEntry>): Promise<void> {
    for await (const entry of entries) {
      if (entry.type === 'file') this.#round.set(entry.path.toString('latin1'), entry.size);
    }
  }

  /** Copies held or looked up later; directories come along so that new paths have their parents. */
  async addExtra(entries: AsyncIterable<ManifestEntry>): Promise<void> {
    for await (const held of entries) {
      const entry = atItsOwnPath(held);
      if (entry === undefined) continue;
      const key = entry.path.toString('latin1');
      const copies = this.#extra.get(key);
      if (copies === undefined) this.#extra.set(key, [entry]);
      else copies.push(entry);
    }
    this.#byName = undefined;
  }

  size(path: string, wanted?: number): number | undefined {
    const sizes = this.#sizes(toKey(path));
    return sizes.find((size) => size === wanted) ?? sizes[0];
  }

  byName(companyId: string, name: string, label: string): readonly { path: string; size: number }[] {
    this.#byName ??= this.#indexByName();
    const paths = this.#byName.get(nameKey(companyId, name, label)) ?? [];
    return paths.flatMap((path) => this.#sizes(toKey(path)).map((size) => ({ path, size })));
  }

  *files(): Generator<string> {
    for (const key of this.#round.keys()) yield fromKey(key);
    for (const [key, [entry]] of this.#extra) {
      if (entry?.type === 'file' && !this.#round.has(key)) yield fromKey(key);
    }
  }

  /** The round's own copy has this size: the round's entry is the one to keep. */
  roundHas(path: Buffer, size: number): boolean {
    return this.#round.get(path.toString('latin1')) === size;
  }

  /** The copy held or looked up later that has this size. */
  extra(path: string, size: number): ManifestEntry | undefined {
    return this.#extra.get(toKey(path))?.find((entry) => entry.type === 'file' && entry.size === size);
  }

  /** Directories of later copies that the round does not know, in path order. */
  extraDirectories(): ManifestEntry[] {
    return [...this.#extra.values()]
      .flatMap((entries) => entries.slice(-1))
      .filter((entry) => entry.type === 'directory')
      .sort((a, b) => comparePaths(a.path, b.path));
  }

  #sizes(key: string): number[] {
    const round = this.#round.get(key);
    const extra = (this.#extra.get(key) ?? [])
      .filter((entry) => entry.type === 'file')
      .map((entry) => entry.size);
    return round === undefined ? extra : [round, ...extra];
  }

  #indexByName(): Map<string, string[]> {
    const index = new Map<string, string[]>();
    for (const path of this.files()) {
      const [companyId, , ...rest] = path.split('/');
      const label = rest.pop();
      if (companyId === undefined || label === undefined || rest.length === 0) continue;
      const key = nameKey(companyId, rest.join('/'), label);
      const paths = index.get(key);
      if (paths === undefined) index.set(key, [path]);
      else paths.push(path);
    }
    return index;
  }
}

/** A hold keeps earlier versions of a path below this folder: `.lifeboat/earlier/<number>/<path>`. */
const EARLIER = /^\.lifeboat\/earlier\/[^/]+\//;

/** Undefined for the folders that only lead there. */
function atItsOwnPath(entry: ManifestEntry): ManifestEntry | undefined {
  const path = entry.path.toString('latin1');
  if (!path.startsWith('.lifeboat')) return entry;
  if (entry.type !== 'file' || !EARLIER.test(path)) return undefined;
  return { ...entry, path: Buffer.from(path.replace(EARLIER, ''), 'latin1') };
}

function nameKey(companyId: string, name: string, label: string): string {
  return `${companyId}\0${name}\0${label}`;
}

/** Latin-1 keys hold any bytes of a name in one byte a character, where UTF-8 text would lose some. */
function toKey(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}

function fromKey(key: string): string {
  return Buffer.from(key, 'latin1').toString('utf8');
}
