import type { StoreIndex } from '@lifeboat/dxp';
import { comparePaths, fileSizes, type ManifestEntry } from '@lifeboat/vault-format';

/**
 * Every copy of every store file that a set in the making has in the vault: the round's, and what was held or
 * looked up afterwards. The same path may have several copies of different size (an image written anew).
 *
 * Of the round only sizes are kept here (its entries are streamed again from the vault); of the few others the
 * whole entry. Memory: about 150 bytes a file of the round.
 */
export class StoreCopies implements StoreIndex {
  #round = new Map<string, number>();
  readonly #extra = new Map<string, ManifestEntry[]>();
  #byName: Map<string, string[]> | undefined;

  /** The latest round takes the place of the one before; what was held or looked up stays. */
  async setRound(segments: AsyncIterable<Uint8Array>): Promise<void> {
    const round = new Map<string, number>();
    this.#round = round;
    this.#byName = undefined;
    for await (const segment of segments) fileSizes(segment, (path, size) => round.set(path, size));
  }

  /** Copies held or looked up later; directories come along so that new paths have their parents. */
  async addExtra(entries: AsyncIterable<ManifestEntry>): Promise<void> {
    for await (const held of entries) {
      const entry = atItsOwnPath(held);
      if (entry === undefined) continue;
      const key = entry.path.toString('latin1');
      // Of two copies alike in size the later is nearer to the rows of the next pin.
      const others = (this.#extra.get(key) ?? []).filter(
        ({ type, size }) => type !== entry.type || size !== entry.size,
      );
      if (!this.#knows(key) && entry.type === 'file' && this.#byName !== undefined) note(this.#byName, key);
      this.#extra.set(key, [...others, entry]);
    }
  }

  size(path: string, wanted?: number): number | undefined {
    const sizes = this.#sizes(toKey(path));
    return sizes.find((size) => size === wanted) ?? sizes[0];
  }

  inAnyFolder(path: string): readonly { path: string; size: number }[] {
    this.#byName ??= this.#indexByName();
    const name = withoutFolder(toKey(path));
    const keys = (name !== undefined && this.#byName.get(name)) || [];
    return keys.flatMap((key) => this.#sizes(key).map((size) => ({ path: fromKey(key), size })));
  }

  *files(): Generator<string> {
    for (const key of this.#keys()) yield fromKey(key);
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

  *#keys(): Generator<string> {
    yield* this.#round.keys();
    for (const [key, entries] of this.#extra) {
      if (!this.#round.has(key) && entries.some(({ type }) => type === 'file')) yield key;
    }
  }

  #knows(key: string): boolean {
    return this.#round.has(key) || (this.#extra.get(key)?.some(({ type }) => type === 'file') ?? false);
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
    for (const key of this.#keys()) note(index, key);
    return index;
  }
}

/** `<company>/<folder>/<name…>/<label>` as `<company>/<name…>/<label>`; undefined for what is not of that form. */
function withoutFolder(key: string): string | undefined {
  const company = key.indexOf('/');
  const folder = key.indexOf('/', company + 1);
  if (company < 0 || folder < 0 || key.indexOf('/', folder + 1) < 0) return undefined;
  return key.slice(0, company) + key.slice(folder);
}

function note(index: Map<string, string[]>, key: string): void {
  const name = withoutFolder(key);
  if (name === undefined) return;
  const keys = index.get(name);
  if (keys === undefined) index.set(name, [key]);
  else keys.push(key);
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

/** Latin-1 keys hold any bytes of a name in one byte a character, where UTF-8 text would lose some. */
function toKey(path: string): string {
  // Nearly every path: it is its own key.
  if (isAscii(path)) return path;
  return Buffer.from(path, 'utf8').toString('latin1');
}

function fromKey(key: string): string {
  if (isAscii(key)) return key;
  return Buffer.from(key, 'latin1').toString('utf8');
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}
