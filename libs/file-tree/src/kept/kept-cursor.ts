import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from '../byte-path.ts';
import { isWithin } from '../safe-path.ts';

export interface KeptEntry {
  readonly path: BytePath;
  readonly entry: ManifestEntry;
}

/** Steps through what is kept beside a walk in the same order. */
export class KeptCursor {
  readonly #entries: Iterator<ManifestEntry, void, undefined>;
  #next: KeptEntry | undefined;

  constructor(entries: Iterator<ManifestEntry, void, undefined>) {
    this.#entries = entries;
    this.#advance();
  }

  /** The entry of this path, if it is the next one. */
  take(path: BytePath): ManifestEntry | undefined {
    if (this.#next?.path !== path) return undefined;
    const { entry } = this.#next;
    this.#advance();
    return entry;
  }

  /** The next one that lies directly in `directory` and before the name, or before its end. */
  takeBefore(directory: BytePath, name: BytePath | undefined): KeptEntry | undefined {
    const next = this.#next;
    if (next === undefined || next.path === directory || !isWithin(next.path, directory)) return undefined;
    const below = directory === '' ? next.path : next.path.slice(directory.length + 1);
    if (name !== undefined && below >= name) return undefined;
    this.#advance();
    return next;
  }

  /** All that lies below. */
  *takeBelow(directory: BytePath): Generator<KeptEntry, void, undefined> {
    for (let next = this.#next; next !== undefined && isWithin(next.path, directory); next = this.#next) {
      this.#advance();
      yield next;
    }
  }

  close(): void {
    this.#entries.return?.();
  }

  #advance(): void {
    const { value } = this.#entries.next();
    this.#next = value === undefined ? undefined : { path: value.path.toString('latin1'), entry: value };
  }
}
