import {
  chmodSync,
  constants,
  copyFileSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  type BigIntStats,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { invariant, LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import { displayPath, forFileSystem, type BytePath } from './byte-path.ts';
import { SafeDescent, type SafeDirectory } from './safe-directory.ts';
import { SafeEntries } from './safe-entries.ts';
import { baseName, parentPath } from './safe-path.ts';
import { Accounts } from './stage-accounts.ts';
import {
  missingPieces,
  piecesOf,
  withOpen,
  writeSparsely,
  type Matches,
  type Piece,
} from './stage-content.ts';
import {
  addLosses,
  applyMetadata,
  countLost,
  metadataOf,
  readMetadata,
  type Losses,
  type Lost,
  type Metadata,
} from './stage-metadata.ts';
import { Pace } from './stage-pace.ts';
import { isLeftOut, looksLike } from './stage-survey.ts';
import { syncTree } from './stage-sync.ts';
import { FetchWindow, type WaitingFile } from './stage-window.ts';
import type { Stager } from './stager.ts';

export interface StageTreeOptions {
  /** The live tree: seeds come from here, nothing here is written. Undefined: there is none. */
  readonly live: SafeDirectory | undefined;
  /** Our own 0700 folder; the tree is built as `tree` in it. */
  readonly stage: SafeDirectory;
  readonly entries: AsyncIterable<ManifestEntry>;
  readonly matches: Matches;
  /** What writes into the tree of that absolute path. */
  readonly stager: (tree: BytePath) => Stager;
  readonly excludes: readonly BytePath[];
  /** Directories staged empty. */
  readonly cleared: readonly BytePath[];
  /** Whether a directory stays in place though it may not be among the entries. Undefined: none does. */
  readonly retains?: ((directory: BytePath) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: StageReport) => void) | undefined;
}

export interface StageReport {
  entries: number;
  bytesTotal: number;
  bytesFetched: number;
  bytesSeeded: number;
  filesReplaced: number;
  warnings: string[];
}

/** Name in the stage folder of the staged tree. */
export const STAGED_TREE = 'tree';
/** A whole copy up to this size is cheaper done at once than handed to another thread. */
const SMALL_COPY = 1 << 20;
/** While one is brought in, the next is looked for. */
const WINDOWS_AT_ONCE = 2;

/** What a file has of its bytes before any are fetched. */
interface Seeded {
  readonly state: WaitingFile['state'];
  readonly missing: readonly Piece[];
}

/**
 * Builds a whole tree beside the live one and proves it from disk: every chunk of every file is read back and
 * identified again before it counts. Durable when it resolves. What a broken-off run left in the stage is used again.
 */
export async function stageTree(options: StageTreeOptions): Promise<StageReport> {
  const staging = new Staging(options);
  try {
    for await (const entry of options.entries) await staging.add(entry);
    return await staging.finish();
  } finally {
    await staging.close();
  }
}

class Staging {
  readonly #options: StageTreeOptions;
  readonly #gate = new SafeEntries();
  readonly #seeds: SafeDescent | undefined;
  readonly #pace: Pace;
  readonly #accounts = new Accounts();
  readonly #tree: BytePath;
  /** Nothing is left of a run that broke off. */
  readonly #isNew: boolean;
  readonly #stager: Stager;
  readonly #directories: { path: BytePath; metadata: Metadata | undefined }[] = [];
  readonly #linkGroups = new Map<bigint, { path: BytePath; entry: ManifestEntry }>();
  readonly #losses: Losses = new Map();
  readonly #report: StageReport = {
    entries: 0,
    bytesTotal: 0,
    bytesFetched: 0,
    bytesSeeded: 0,
    filesReplaced: 0,
    warnings: [],
  };
  #leftOut = 0;
  #window = new FetchWindow();
  /** Oldest first. */
  readonly #bringing: Promise<void>[] = [];
  #syncing: Promise<void> | undefined;

  constructor(options: StageTreeOptions) {
    this.#options = options;
    this.#seeds = options.live && new SafeDescent(options.live);
    this.#pace = new Pace(options.signal);
    this.#tree = options.stage.path(STAGED_TREE);
    this.#stager = options.stager(this.#tree);
    this.#isNew = lstatSync(forFileSystem(this.#tree), { throwIfNoEntry: false }) === undefined;
    this.#makeDirectory('');
  }

  async add(unchecked: ManifestEntry): Promise<void> {
    await this.#pace.breathe();
    const { path, entry, impliedDirectories } = this.#gate.check(unchecked);
    if (isLeftOut(path, this.#options)) {
      this.#leftOut += 1;
      return;
    }
    for (const implied of impliedDirectories) this.#makeImplied(implied);
    this.#report.entries += 1;
    if (entry.type === 'directory') this.#addDirectory(path, entry);
    else if (entry.type === 'symlink') this.#addLink(path, entry);
    else await this.#addFile(path, entry);
    if (this.#report.entries % 256 === 0) this.#options.onProgress?.(this.#report);
  }

  async finish(): Promise<StageReport> {
    this.#bringWindow();
    while (this.#bringing.length > 0) await this.#bringing.shift();
    this.#keepClearedDirectories();
    for (const { path, metadata } of this.#directories.toReversed()) {
      if (metadata !== undefined) applyMetadata(this.#at(path), 'directory', metadata, this.#countLost);
      await this.#pace.breathe();
    }
    await this.#syncing;
    await syncTree(this.#options.stage);
    this.#warn();
    return this.#report;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#bringing, this.#syncing]);
    this.#seeds?.close();
  }

  #at(path: BytePath): BytePath {
    return path === '' ? this.#tree : `${this.#tree}/${path}`;
  }

  readonly #countLost = (what: Lost): void => {
    countLost(this.#losses, what);
  };

  #addDirectory(path: BytePath, entry: ManifestEntry): void {
    this.#makeDirectory(path);
    // Times and rights last, deepest first: filling a directory changes the ones and may need more of the others.
    this.#directories.push({ path, metadata: metadataOf(entry, this.#accounts) });
  }

  #makeImplied(path: BytePath): void {
    this.#makeDirectory(path);
    chmodSync(forFileSystem(this.#at(path)), 0o755);
    this.#directories.push({ path, metadata: undefined });
  }

  #makeParents(path: BytePath): void {
    const parent = parentPath(path);
    if (parent === '' || lstatSync(forFileSystem(this.#at(parent)), { throwIfNoEntry: false }) !== undefined)
      return;
    this.#makeParents(parent);
    this.#makeDirectory(parent);
  }

  #makeDirectory(path: BytePath): void {
    const target = forFileSystem(this.#at(path));
    try {
      mkdirSync(target, { mode: 0o700 });
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
      // Left by a broken-off run, perhaps with its final rights already.
      if (lstatSync(target).isDirectory()) chmodSync(target, 0o700);
      else this.#replace(path, () => mkdirSync(target, { mode: 0o700 }));
    }
  }

  #addLink(path: BytePath, entry: ManifestEntry): void {
    invariant(entry.linkTarget !== undefined, 'a checked link has a target');
    this.#replace(path, (target) => symlinkSync(entry.linkTarget as Buffer, target));
    applyMetadata(this.#at(path), 'symlink', metadataOf(entry, this.#accounts), this.#countLost);
  }

  #replace(path: BytePath, make: (target: string | Buffer) => void): void {
    const target = forFileSystem(this.#at(path));
    rmSync(target, { recursive: true, force: true });
    make(target);
  }

  async #addFile(path: BytePath, entry: ManifestEntry): Promise<void> {
    if (this.#linkToGroup(path, entry)) return;
    this.#report.bytesTotal += entry.size;
    const { state, missing } = await this.#seed(path, entry);
    const metadata = metadataOf(entry, this.#accounts);
    if (missing.length === 0) {
      this.#report.bytesSeeded += entry.size;
      applyMetadata(this.#at(path), 'file', metadata, this.#countLost);
      return;
    }
    if (state !== 'resumed') this.#report.filesReplaced += 1;
    this.#report.bytesSeeded += entry.size - missing.reduce((sum, piece) => sum + piece.length, 0);
    this.#window.add({ path, pieces: piecesOf(entry), metadata, state }, missing);
    if (!this.#window.isFull) return;
    this.#bringWindow();
    if (this.#bringing.length < WINDOWS_AT_ONCE) return;
    await this.#bringing.shift();
    this.#syncing ??= this.#syncMeanwhile();
  }

  /** Members of a group after the first are names of the same file. */
  #linkToGroup(path: BytePath, entry: ManifestEntry): boolean {
    if (entry.linkGroup === undefined) return false;
    const first = this.#linkGroups.get(entry.linkGroup);
    if (first === undefined) {
      this.#linkGroups.set(entry.linkGroup, { path, entry });
      return false;
    }
    if (!sameContent(first.entry, entry)) {
      throw new LifeboatError(
        'FORMAT_DAMAGED',
        `${JSON.stringify(displayPath(path))} is a hard link with other content than its group`,
      );
    }
    this.#replace(path, (target) => linkSync(forFileSystem(this.#at(first.path)), target));
    return true;
  }

  /** Makes the file with all that can be had here; what is still missing has to be fetched. */
  async #seed(path: BytePath, entry: ManifestEntry): Promise<Seeded> {
    const target = forFileSystem(this.#at(path));
    const pieces = piecesOf(entry);
    const staged = this.#isNew ? undefined : lstatSync(target, { throwIfNoEntry: false });
    if (staged?.isFile() === true && staged.nlink === 1) {
      chmodSync(target, 0o600);
      if (staged.size === entry.size)
        return { state: 'resumed', missing: await this.#verify(target, entry, pieces) };
    }
    if (staged !== undefined) rmSync(target, { recursive: true });
    const seeds = this.#seeds?.find(parentPath(path));
    const live = seeds?.lstat(baseName(path));
    if (seeds === undefined || live?.isFile() !== true || pieces.length === 0)
      return this.#unseeded(entry, pieces, target);
    try {
      return await this.#seedFromLive(seeds, live, path, entry, target);
    } catch (error) {
      const code = systemCodeOf(error);
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ELOOP' && code !== 'EPERM') throw error;
      rmSync(target, { force: true });
      return this.#unseeded(entry, pieces, target);
    }
  }

  /** A file of one chunk is made when that has come; other names of it need it at once. */
  async #unseeded(entry: ManifestEntry, pieces: Piece[], target: string | Buffer): Promise<Seeded> {
    if (pieces[0]?.length === entry.size && entry.linkGroup === undefined)
      return { state: 'absent', missing: pieces };
    return { state: 'fresh', missing: await create(target, entry.size, () => pieces) };
  }

  #seedFromLive(
    seeds: SafeDirectory,
    live: BigIntStats,
    path: BytePath,
    entry: ManifestEntry,
    target: string | Buffer,
  ): Promise<Seeded> {
    const pieces = piecesOf(entry);
    return withOpen(seeds.at(baseName(path)), constants.O_RDONLY, async (fd) => {
      const isWhole = pieces.reduce((sum, piece) => sum + piece.length, 0) === entry.size;
      const isSparse = live.blocks * 512n < live.size;
      if (!looksLike(live, entry) || !isWhole || isSparse)
        return { state: 'fresh', missing: await this.#seedPieces(fd, entry, pieces, target) };
      // Never a hard link: the portal still writes to the live file. (A reflink shares blocks, not the file.)
      await copyWhole(`/proc/self/fd/${fd}`, target, entry.size);
      chmodSync(target, 0o600);
      return { state: 'copied', missing: await this.#verify(target, entry, pieces) };
    });
  }

  /** For a live file that differs, or has holes (which a whole copy would fill). */
  async #seedPieces(
    live: number,
    entry: ManifestEntry,
    pieces: Piece[],
    target: string | Buffer,
  ): Promise<Piece[]> {
    const missing = await create(target, entry.size, (fd) =>
      missingPieces(live, pieces, this.#options.matches, this.#pace, {
        onMatch: (piece, bytes) => writeSparsely(fd, bytes, piece.offset),
        giveUp: true,
      }),
    );
    // With a piece missing the whole file is verified once that has come.
    return missing.length > 0 ? missing : this.#verify(target, entry, pieces);
  }

  #verify(target: string | Buffer, entry: ManifestEntry, pieces = piecesOf(entry)): Promise<Piece[]> {
    return withOpen(target, constants.O_RDWR, (fd) => {
      // A live file may have grown while it was copied.
      ftruncateSync(fd, entry.size);
      return missingPieces(fd, pieces, this.#options.matches, this.#pace);
    });
  }

  #bringWindow(): void {
    const window = this.#window;
    this.#window = new FetchWindow();
    const bringing = this.#bring(window);
    // Awaited later; until then a failure must not count as unhandled.
    bringing.catch(() => undefined);
    this.#bringing.push(bringing);
  }

  async #bring(window: FetchWindow): Promise<void> {
    const { onProgress } = this.#options;
    const onBytes = (bytes: number): void => {
      this.#report.bytesFetched += bytes;
      onProgress?.(this.#report);
    };
    addLosses(this.#losses, await this.#stager.write(window.wanted(), onBytes));
    addLosses(this.#losses, await this.#stager.prove(window.unproved));
  }

  /** What has to be on the disk at the end goes there while more comes. */
  #syncMeanwhile(): Promise<void> {
    const syncing = syncTree(this.#options.stage).then(() => {
      this.#syncing = undefined;
    });
    // Awaited at the end; until then a failure must not count as unhandled.
    syncing.catch(() => undefined);
    return syncing;
  }

  /** A cleared directory that exists live stays as an empty one even if the set never had it (Tomcat needs its temp). */
  #keepClearedDirectories(): void {
    for (const path of this.#options.cleared) {
      const live = this.#options.excludes.includes(path) ? undefined : this.#seeds?.find(path);
      if (
        live === undefined ||
        lstatSync(forFileSystem(this.#at(path)), { throwIfNoEntry: false }) !== undefined
      )
        continue;
      if (this.#options.retains?.(parentPath(path)) === true) this.#makeParents(path);
      const parent = lstatSync(forFileSystem(this.#at(parentPath(path))), { throwIfNoEntry: false });
      if (parent?.isDirectory() !== true) continue;
      const metadata = readMetadata(`${live.path('')}/.`);
      mkdirSync(forFileSystem(this.#at(path)), { mode: 0o700 });
      this.#directories.push({ path, metadata });
    }
    this.#directories.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #warn(): void {
    const texts: Record<Lost, string> = {
      owner: 'could not be given their owner (only root may do that)',
      attributes: 'could not be given all extended attributes',
      nanoseconds: 'have their times to the microsecond only',
    };
    for (const [what, count] of this.#losses) this.#report.warnings.push(`${count} entries ${texts[what]}`);
    this.#report.warnings.push(...leftOutWarning(this.#leftOut));
  }
}

/** For people; none when nothing was left out. */
export function leftOutWarning(leftOut: number): string[] {
  return leftOut === 0 ? [] : [`${leftOut} entries of the set were left out: excluded or cleared here`];
}

function sameContent(a: ManifestEntry, b: ManifestEntry): boolean {
  const left = piecesOf(a);
  const right = piecesOf(b);
  return (
    a.size === b.size &&
    left.length === right.length &&
    left.every((piece, index) => {
      const other = right[index];
      return other !== undefined && piece.offset === other.offset && piece.chunk.equals(other.chunk);
    })
  );
}

async function create<T>(
  target: string | Buffer,
  size: number,
  fill: (fd: number) => T | Promise<T>,
): Promise<T> {
  return withOpen(target, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, async (fd) => {
    if (size > 0) ftruncateSync(fd, size);
    return fill(fd);
  });
}

async function copyWhole(source: string, target: string | Buffer, size: number): Promise<void> {
  const mode = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
  if (size <= SMALL_COPY) copyFileSync(source, target, mode);
  else await copyFile(source, target, mode);
}
