import type { References, StoreIndex } from '@lifeboat/dxp';
import { comparePaths, fileSizes, type ManifestEntry } from '@lifeboat/vault-format';

import { NameIndex, nameOf } from './name-index.ts';
import { PathTable } from './path-table.ts';

/**
 * Every copy of every store file that a set in the making has in the vault: the round's, and what was held or
 * looked up afterwards. The same path may have several copies of different size (an image written anew).
 *
 * Of the round only sizes are kept here (its entries are streamed again from the vault); of the few others the
 * whole entry. Memory: about 90 bytes a file of the round.
 */
export class StoreCopies implements StoreIndex {
  #round = new PathTable();
  readonly #extra = new Map<string, ManifestEntry[]>();
  readonly #extraByName = new Map<string, string[]>();
  #byName: NameIndex | undefined;

  /** The latest round takes the place of the one before; what was held or looked up stays. */
  async setRound(segments: AsyncIterable<Uint8Array>): Promise<void> {
    const round = new PathTable();
    this.#round = round;
    this.#byName = undefined;
    for await (const segment of segments) fileSizes(segment, (path, size) => round.add(path, size));
  }

  /** Copies held or looked up later; directories come along so that new paths have their parents. */
  async addExtra(entries: AsyncIterable<ManifestEntry>): Promise<void> {
    for await (const held of entries) {
      const entry = atItsOwnPath(held);
      if (entry === undefined) continue;
      const key = entry.path.toString('latin1');
      const copies = this.#extra.get(key) ?? [];
      // Of two copies alike in size the later is nearer to the rows of the next pin.
      const others = copies.filter(({ type, size }) => type !== entry.type || size !== entry.size);
      if (entry.type === 'file' && !copies.some(({ type }) => type === 'file')) this.#noteName(key);
      this.#extra.set(key, [...others, entry]);
    }
  }

  size(path: string, wanted?: number): number | undefined {
    const key = toKey(path);
    const round = this.#round.find(key);
    const extra = this.#extra.get(key);
    if (extra === undefined) return round < 0 ? undefined : this.#round.valueAt(round);
    const sizes = this.#sizes(key);
    return sizes.find((size) => size === wanted) ?? sizes[0];
  }

  inAnyFolder(path: string): readonly { path: string; size: number }[] {
    const wanted = nameOf(toKey(path));
    if (wanted === undefined) return [];
    this.#byName ??= new NameIndex(this.#round);
    const keys = new Set(this.#byName.find(wanted).map((number) => this.#round.pathAt(number)));
    for (const key of this.#extraByName.get(wanted) ?? []) keys.add(key);
    return [...keys].flatMap((key) => this.#sizes(key).map((size) => ({ path: fromKey(key), size })));
  }

  *files(): Generator<string> {
    for (const key of this.#keys()) yield fromKey(key);
  }

  /** Names at the top of the store: folders of companies, and what else lies there. */
  topFolders(): Set<string> {
    const names = new Set<string>();
    for (const key of this.#keys()) {
      const slash = key.indexOf('/');
      if (slash > 0) names.add(key.slice(0, slash));
    }
    return names;
  }

  /** Takes notes of what rows refer to, for the present round: a byte a file. */
  references(): References {
    return new CopyReferences(this.#round);
  }

  /** The round's own copy has this size: the round's entry is the one to keep. */
  roundHas(path: Buffer, size: number): boolean {
    const number = this.#round.find(path.toString('latin1'));
    return number >= 0 && this.#round.valueAt(number) === size;
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
    for (let number = 0; number < this.#round.length; number += 1) yield this.#round.pathAt(number);
    for (const [key, entries] of this.#extra) {
      if (this.#round.find(key) < 0 && entries.some(({ type }) => type === 'file')) yield key;
    }
  }

  #noteName(key: string): void {
    const name = nameOf(key);
    if (name === undefined) return;
    const keys = this.#extraByName.get(name);
    if (keys === undefined) this.#extraByName.set(name, [key]);
    else keys.push(key);
  }

  #sizes(key: string): number[] {
    const number = this.#round.find(key);
    const extra = (this.#extra.get(key) ?? [])
      .filter((entry) => entry.type === 'file')
      .map((entry) => entry.size);
    return number < 0 ? extra : [this.#round.valueAt(number), ...extra];
  }
}

/** Nearly every row refers to a copy of the round, at its size: those take a byte each, the others an entry. */
class CopyReferences implements References {
  readonly #round: PathTable;
  readonly #isReferred: Uint8Array;
  readonly #others = new Map<string, number>();

  constructor(round: PathTable) {
    this.#round = round;
    this.#isReferred = new Uint8Array(round.length);
  }

  set(path: string, size: number): void {
    const key = toKey(path);
    const number = this.#round.find(key);
    // The last one said holds, as in a Map.
    if (number >= 0 && this.#round.valueAt(number) === size) {
      this.#isReferred[number] = 1;
      this.#others.delete(key);
      return;
    }
    if (number >= 0) this.#isReferred[number] = 0;
    this.#others.set(key, size);
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  get(path: string): number | undefined {
    const key = toKey(path);
    const number = this.#round.find(key);
    if (number >= 0 && this.#isReferred[number] === 1) return this.#round.valueAt(number);
    return this.#others.get(key);
  }

  *[Symbol.iterator](): Generator<readonly [string, number]> {
    for (let number = 0; number < this.#isReferred.length; number += 1) {
      if (this.#isReferred[number] === 1)
        yield [fromKey(this.#round.pathAt(number)), this.#round.valueAt(number)];
    }
    for (const [key, size] of this.#others) yield [fromKey(key), size];
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
