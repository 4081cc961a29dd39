import type { KeepRule } from '@lifeboat/model';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from '../byte-path.ts';
import { SafeDescent, type SafeDirectory } from '../safe-directory.ts';
import { SafeEntries } from '../safe-entries.ts';
import { baseName, isWithin, parentPath } from '../safe-path.ts';
import { Accounts } from '../stage-accounts.ts';
import type { Matches } from '../stage-content.ts';
import { readMetadata } from '../stage-metadata.ts';
import { Pace } from '../stage-pace.ts';
import { isLeftOut } from '../stage-survey.ts';
import { Glance } from './glance.ts';
import { lookAt, RACY_NANOS, type LiveStatus } from './keep-rule.ts';
import { KeptListWriter } from './kept-list.ts';
import { LinkGroups } from './link-groups.ts';
import { provesEqual } from './proves-equal.ts';

export interface KeepOptions {
  readonly live: SafeDirectory;
  /** The stage folder: the list of what is kept goes there. */
  readonly stage: SafeDirectory;
  readonly rule: Exclude<KeepRule, 'nothing'>;
  /** From when on (nanoseconds since 1970, this host's clock) a ctime may hide a change after the capture. */
  readonly trustedBefore: bigint;
  /** This host's clock. */
  readonly nowNanos: bigint;
  readonly matches: Matches;
  readonly excludes: readonly BytePath[];
  readonly cleared: readonly BytePath[];
  /** Link groups of which an earlier run could not keep every name. */
  readonly brokenGroups: ReadonlySet<bigint>;
  readonly signal?: AbortSignal | undefined;
}

export interface KeepCounts {
  entries: number;
  entriesKept: number;
  bytesKept: number;
  leftOut: number;
}

/** A directory of the set that the latest entry lies in. */
interface OpenDirectory {
  readonly path: BytePath;
  /** Undefined: the manifest leaves it out. */
  readonly entry: ManifestEntry | undefined;
  readonly isLive: boolean;
  isListed: boolean;
  isPassedOn: boolean;
}

/**
 * Parts the entries of a set: what is kept in place goes to the list in the stage folder, the rest is passed on to be
 * staged, each in path order. A directory with something kept beneath stays, and is listed; it is passed on as well when
 * something in it is staged. One with nothing kept beneath is staged, and later exchanged, as a whole.
 */
export class Keeper {
  readonly counts: KeepCounts = { entries: 0, entriesKept: 0, bytesKept: 0, leftOut: 0 };
  readonly #options: KeepOptions;
  readonly #gate = new SafeEntries();
  readonly #live: SafeDescent;
  readonly #glance: Glance;
  readonly #device: bigint;
  readonly #list: KeptListWriter;
  readonly #pace: Pace;
  readonly #accounts = new Accounts();
  readonly #groups = new LinkGroups();
  readonly #open: OpenDirectory[] = [];
  readonly #clearedIn: ReadonlySet<BytePath>;
  readonly #retained = new Set<BytePath>();

  constructor(options: KeepOptions) {
    this.#options = options;
    this.#live = new SafeDescent(options.live);
    this.#glance = new Glance(options.live);
    this.#device = options.live.stat().dev;
    this.#list = new KeptListWriter(options.stage);
    this.#pace = new Pace(options.signal);
    this.#clearedIn = new Set(options.cleared.map(parentPath));
  }

  /** To be staged; once it has ended, the list is complete. */
  async *passOn(entries: AsyncIterable<ManifestEntry>): AsyncGenerator<ManifestEntry> {
    try {
      for await (const unchecked of entries) {
        await this.#pace.breathe();
        const { path, entry, impliedDirectories } = this.#gate.check(unchecked);
        yield* this.#closeUpTo(path);
        if (isLeftOut(path, this.#options)) {
          this.counts.leftOut += 1;
          continue;
        }
        for (const implied of impliedDirectories) this.#enter(implied, undefined);
        this.counts.entries += 1;
        if (entry.type === 'directory') this.#enter(path, entry);
        else if (await this.#isKept(path, entry)) this.#keep(entry);
        else yield* this.#pass(entry);
      }
      yield* this.#closeUpTo(undefined);
      this.#list.finish();
    } finally {
      this.#live.close();
      this.#list.close();
    }
  }

  /** Whether this directory stays in place; answered for those that hold something cleared. */
  readonly retains = (path: BytePath): boolean => this.#retained.has(path);

  /** Link groups that were kept in part: run again without them. */
  brokenGroups(): bigint[] {
    return this.#groups.broken();
  }

  #enter(path: BytePath, entry: ManifestEntry | undefined): void {
    const isWithinLive = this.#open.at(-1)?.isLive !== false && !this.#options.cleared.includes(path);
    const stat = isWithinLive ? this.#glance.at(path) : undefined;
    const isLive = stat?.isDirectory() === true && stat.dev === this.#device;
    const directory = { path, entry, isLive, isListed: false, isPassedOn: false };
    this.#open.push(directory);
    if (!isLive || entry === undefined) return;
    if (lookAt(stat, entry, this.#accounts.owner(entry), this.#options.trustedBefore) === 'untouched')
      this.#listOpen();
  }

  async #isKept(path: BytePath, entry: ManifestEntry): Promise<boolean> {
    const stat = await this.#keepable(path, entry);
    this.#groups.add(entry.linkGroup, stat?.ino);
    if (stat === undefined) return false;
    // From now on it is known by what it is here.
    entry.inode = stat.ino;
    entry.ctimeNs = stat.ctimeNs;
    return true;
  }

  /** Its status, when it can stay. */
  async #keepable(path: BytePath, entry: ManifestEntry): Promise<LiveStatus | undefined> {
    const { rule, trustedBefore, nowNanos, matches, brokenGroups } = this.#options;
    if (this.#open.at(-1)?.isLive === false) return undefined;
    if (entry.linkGroup !== undefined && brokenGroups.has(entry.linkGroup)) return undefined;
    const stat = this.#glance.at(path);
    if (stat === undefined) return undefined;
    const look = lookAt(stat, entry, this.#accounts.owner(entry), trustedBefore);
    if (look === 'other') return undefined;
    if (look === 'untouched' && rule === 'unchanged') return stat;
    const isSettled = stat.ctimeNs < nowNanos - RACY_NANOS;
    const isLinkedAsWanted = entry.type !== 'file' || entry.linkGroup !== undefined || stat.nlink === 1n;
    if (!isSettled || !isLinkedAsWanted) return undefined;
    const parent = this.#live.find(parentPath(path));
    const isEqual =
      parent !== undefined && (await provesEqual(parent, baseName(path), stat, entry, matches, this.#pace));
    return isEqual ? stat : undefined;
  }

  #keep(entry: ManifestEntry): void {
    this.#listOpen();
    this.#list.push(entry);
    this.counts.entriesKept += 1;
    this.counts.bytesKept += entry.size;
  }

  /** The directories that lead to what is kept stay as well. */
  #listOpen(): void {
    for (const directory of this.#open) {
      if (directory.isListed) continue;
      directory.isListed = true;
      this.counts.entriesKept += 1;
      this.#list.push(directory.entry ?? this.#asItIs(directory.path));
      if (this.#clearedIn.has(directory.path)) this.#retained.add(directory.path);
    }
  }

  *#pass(entry: ManifestEntry): Generator<ManifestEntry> {
    for (const directory of this.#open) {
      if (directory.isPassedOn) continue;
      directory.isPassedOn = true;
      if (directory.entry !== undefined) yield directory.entry;
    }
    yield entry;
  }

  /** Leaves the directories that do not hold the path; one of which nothing is anywhere yet is staged empty. */
  *#closeUpTo(path: BytePath | undefined): Generator<ManifestEntry> {
    for (let last = this.#open.at(-1); last !== undefined; last = this.#open.at(-1)) {
      if (path !== undefined && isWithin(path, last.path)) return;
      this.#open.pop();
      if (!last.isListed && !last.isPassedOn && last.entry !== undefined) yield* this.#pass(last.entry);
    }
  }

  /** A directory that the set implies and does not describe stays as it is. */
  #asItIs(path: BytePath): ManifestEntry {
    const directory = this.#live.open(path);
    const { mode, uid, gid, mtimeNs, xattrs } = readMetadata(`${directory.path('')}/.`);
    const { ino: inode, ctimeNs } = directory.stat();
    return {
      ...{ path: Buffer.from(path, 'latin1'), type: 'directory', mode, uid, gid, mtimeNs, ctimeNs },
      ...{ size: 0, inode, content: [], xattrs: [...xattrs] },
    };
  }
}
