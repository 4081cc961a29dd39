import { isDeepStrictEqual } from 'node:util';
import type { BytePath, WalkEntry } from '@lifeboat/file-tree';
import type { ManifestEntry } from '@lifeboat/vault-format';
import { isUnchanged } from './planned-entry.ts';
import type { PreviousManifest } from './previous-manifest.ts';
import { SortedLookUp } from './sorted-look-up.ts';

/** Behind every time that a file may have. */
const ANY_TIME = 1n << 64n;

/**
 * What the last capture says of a tree that is walked again, in the walk's order. Adding or removing a name changes
 * its directory's times: a directory that is unchanged holds the names of its entries in the last manifest, and
 * need not be listed. Not so where that capture left something out, or was told to leave out something else.
 */
export class KnownEntries {
  readonly #before: SortedLookUp;
  readonly #sent: SortedLookUp;
  readonly #readBefore: bigint;
  readonly #mayNotList: boolean;
  readonly #writtenOnce: boolean;
  /** The directory found unchanged last. */
  #directory: Buffer | undefined;

  /**
   * `sent`: what captures that were cut off had read and sent since, in path order. `writtenOnce`: ctimes of files do
   * not count.
   */
  constructor(
    previous: PreviousManifest | undefined,
    excludes: readonly string[],
    sent?: Iterator<ManifestEntry, void, undefined>,
    writtenOnce = false,
  ) {
    this.#writtenOnce = writtenOnce;
    this.#sent = new SortedLookUp(sent);
    this.#before = new SortedLookUp(previous?.entries());
    this.#readBefore = previous?.readBefore ?? 0n;
    this.#mayNotList = previous?.isWhole === true && isDeepStrictEqual([...previous.excludes], [...excludes]);
  }

  /** The entry of before, when nothing says that it changed since. */
  unchanged(found: WalkEntry): ManifestEntry | undefined {
    const old = this.#before.find(found.path);
    const same = old !== undefined && isUnchanged(found, old, this.#readBefore, this.#writtenOnce);
    this.#directory = same && found.type === 'directory' ? found.path : undefined;
    return same ? old : undefined;
  }

  /** As a capture that was cut off had sent it, when nothing says that it changed since. */
  sent(found: WalkEntry): ManifestEntry | undefined {
    const sent = this.#sent.find(found.path);
    // Those that were changed while they may have been read are left out by the journal.
    return sent !== undefined && isUnchanged(found, sent, ANY_TIME, this.#writtenOnce) ? sent : undefined;
  }

  /** Names in the directory found last, when it need not be listed. */
  namesIn(path: BytePath): BytePath[] | undefined {
    const directory = this.#directory;
    if (!this.#mayNotList || directory === undefined || directory.length === 0) return undefined;
    return directory.toString('latin1') === path ? this.#before.namesIn(directory) : undefined;
  }
}
