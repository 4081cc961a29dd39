import { systemCodeOf } from '@lifeboat/kernel';
import type { KeepRule } from '@lifeboat/model';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from './byte-path.ts';
import { Glance } from './kept/glance.ts';
import { lookAt } from './kept/keep-rule.ts';
import { SafeDirectory } from './safe-directory.ts';
import { SafeEntries } from './safe-entries.ts';
import { baseName, isWithin, joinPath, parentPath } from './safe-path.ts';
import { Accounts } from './stage-accounts.ts';
import { Pace } from './stage-pace.ts';
import { OWN_FOLDER } from './walk.ts';

export interface Survey {
  entries: number;
  /** Files, links and unchanged directories that look as if they could stay in place. */
  entriesKept: number;
  /** Live ones that the set does not have: they go aside. One with all below counts once. */
  entriesRemoved: number;
  bytesTotal: number;
  bytesKept: number;
  bytesToFetch: number;
  bytesSeeded: number;
  filesReplaced: number;
}

export interface SurveyOptions {
  readonly excludes: readonly BytePath[];
  readonly cleared: readonly BytePath[];
  readonly keep: KeepRule;
  /** From when on (nanoseconds since 1970) a ctime may hide a change after the capture. */
  readonly trustedBefore: bigint;
  readonly signal?: AbortSignal | undefined;
}

/** Beyond this many distinct chunks a repeated one is counted again: the count must not cost unbounded memory. */
const MAX_REMEMBERED = 2_000_000;

/**
 * What staging a tree would take, by looking at sizes and times only (a live file that looks like the set's is taken
 * for it; staging itself asks its ctime or its bytes). Touches nothing.
 */
export async function surveyTree(
  root: BytePath,
  entries: AsyncIterable<ManifestEntry>,
  options: SurveyOptions,
): Promise<Survey> {
  const live = openIfThere(root);
  const surveying = new Surveying(live, options);
  try {
    for await (const entry of entries) await surveying.add(entry);
    return surveying.finish();
  } finally {
    live?.close();
  }
}

class Surveying {
  readonly #options: SurveyOptions;
  readonly #gate = new SafeEntries();
  readonly #live: Glance | undefined;
  readonly #pace: Pace;
  readonly #accounts = new Accounts();
  readonly #wanted = new Set<string>();
  readonly #links = new Set<bigint>();
  /** The directories that the latest entry lies in, with the live names that the set does not have; outermost first. */
  readonly #open: { path: BytePath; isLive: boolean; unknown: Set<BytePath> }[] = [];
  readonly #survey: Survey = {
    ...{ entries: 0, entriesKept: 0, entriesRemoved: 0 },
    ...{ bytesTotal: 0, bytesKept: 0, bytesToFetch: 0, bytesSeeded: 0, filesReplaced: 0 },
  };

  constructor(live: SafeDirectory | undefined, options: SurveyOptions) {
    this.#options = options;
    this.#live = live && new Glance(live);
    this.#pace = new Pace(options.signal);
    this.#enter('', live !== undefined, true);
  }

  async add(unchecked: ManifestEntry): Promise<void> {
    await this.#pace.breathe();
    const { path, entry } = this.#gate.check(unchecked);
    if (isLeftOut(path, this.#options)) return;
    this.#survey.entries += 1;
    if (path === '') return;
    this.#leaveUpTo(path);
    const open = this.#open.at(-1);
    if (open?.path === parentPath(path)) open.unknown.delete(baseName(path));
    const stat = open?.isLive === true ? this.#live?.at(path) : undefined;
    const look =
      stat === undefined
        ? 'other'
        : lookAt(stat, entry, this.#accounts.owner(entry), this.#options.trustedBefore);
    const isKept = look !== 'other' && this.#options.keep !== 'nothing';
    if (isKept) this.#survey.entriesKept += 1;
    // Names come and go with a directory's times: in one untouched there is none that the set does not have.
    if (entry.type === 'directory') this.#enter(path, stat?.isDirectory() === true, look !== 'untouched');
    if (entry.type === 'file') this.#addFile(entry, stat, isKept);
  }

  finish(): Survey {
    this.#leaveUpTo(undefined);
    return this.#survey;
  }

  #addFile(
    entry: ManifestEntry,
    stat: { size: bigint; mtimeNs: bigint; isFile(): boolean } | undefined,
    isKept: boolean,
  ): void {
    const survey = this.#survey;
    if (entry.linkGroup !== undefined) {
      if (this.#links.has(entry.linkGroup)) return;
      this.#links.add(entry.linkGroup);
    }
    survey.bytesTotal += entry.size;
    if (isKept) {
      survey.bytesKept += entry.size;
      return;
    }
    if (stat?.isFile() === true && looksLike(stat, entry)) {
      survey.bytesSeeded += entry.size;
      return;
    }
    survey.filesReplaced += 1;
    for (const part of entry.content) {
      if ('hole' in part) continue;
      const key = part.chunk.toString('latin1', 1, 17);
      if (this.#wanted.has(key)) continue;
      if (this.#wanted.size < MAX_REMEMBERED) this.#wanted.add(key);
      survey.bytesToFetch += part.length;
    }
  }

  #enter(path: BytePath, isThere: boolean, mayHaveMore: boolean): void {
    const { excludes, cleared } = this.#options;
    const isLive = isThere && !cleared.includes(path);
    const names = isLive && mayHaveMore ? this.#live?.names(path) : undefined;
    const unknown = (names ?? []).filter((name) => {
      const at = joinPath(path, name);
      return (
        at !== OWN_FOLDER && !cleared.includes(at) && !excludes.some((excluded) => isWithin(excluded, at))
      );
    });
    this.#open.push({ path, isLive, unknown: new Set(unknown) });
  }

  #leaveUpTo(path: BytePath | undefined): void {
    for (let last = this.#open.at(-1); last !== undefined; last = this.#open.at(-1)) {
      if (path !== undefined && isWithin(path, last.path)) return;
      this.#survey.entriesRemoved += last.unknown.size;
      this.#open.pop();
    }
  }
}

export function looksLike(stat: { size: bigint; mtimeNs: bigint }, entry: ManifestEntry): boolean {
  return stat.size === BigInt(entry.size) && stat.mtimeNs === entry.mtimeNs;
}

/** Excluded paths are another source's; what is below a cleared directory is not wanted back. */
export function isLeftOut(
  path: BytePath,
  options: { excludes: readonly BytePath[]; cleared: readonly BytePath[] },
): boolean {
  if (options.excludes.some((excluded) => isWithin(path, excluded))) return true;
  return options.cleared.some((cleared) => path !== cleared && isWithin(path, cleared));
}

function openIfThere(root: BytePath): SafeDirectory | undefined {
  try {
    return SafeDirectory.open(root);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
