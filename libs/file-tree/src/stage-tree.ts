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
  withFile,
  withOpen,
  writeFully,
  writeSparsely,
  type Matches,
  type Piece,
} from './stage-content.ts';
import { applyMetadata, metadataOf, readMetadata, type Lost, type Metadata } from './stage-metadata.ts';
import { Pace } from './stage-pace.ts';
import { isLeftOut, looksLike } from './stage-survey.ts';
import { syncTree } from './stage-sync.ts';
import { FetchWindow } from './stage-window.ts';

export interface WantedChunk {
  readonly chunk: Buffer;
  readonly length: number;
}

/** Fetches each chunk once, in any order; bytes are already checked against the id and valid until it returns. */
export type FetchChunks = (
  wanted: readonly WantedChunk[],
  onChunk: (index: number, bytes: Uint8Array) => void,
) => Promise<void>;

export interface StageTreeOptions {
  /** The live tree: seeds come from here, nothing here is written. Undefined: there is none. */
  readonly live: SafeDirectory | undefined;
  /** Our own 0700 folder; the tree is built as `tree` in it. */
  readonly stage: SafeDirectory;
  readonly entries: AsyncIterable<ManifestEntry>;
  readonly matches: Matches;
  readonly fetch: FetchChunks;
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
    staging.close();
  }
}

class Staging {
  readonly #options: StageTreeOptions;
  readonly #gate = new SafeEntries();
  readonly #seeds: SafeDescent | undefined;
  readonly #pace: Pace;
  readonly #accounts = new Accounts();
  readonly #tree: BytePath;
  readonly #directories: { path: BytePath; metadata: Metadata | undefined }[] = [];
  readonly #linkGroups = new Map<bigint, { path: BytePath; entry: ManifestEntry }>();
  readonly #lost = new Map<Lost, number>();
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

  constructor(options: StageTreeOptions) {
    this.#options = options;
    this.#seeds = options.live && new SafeDescent(options.live);
    this.#pace = new Pace(options.signal);
    this.#tree = options.stage.path(STAGED_TREE);
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
    await this.#fetchWindow();
    this.#keepClearedDirectories();
    for (const { path, metadata } of this.#directories.toReversed()) {
      if (metadata !== undefined) applyMetadata(this.#at(path), 'directory', metadata, this.#countLost);
      await this.#pace.breathe();
    }
    await syncTree(this.#options.stage);
    this.#warn();
    return this.#report;
  }

  close(): void {
    this.#seeds?.close();
  }

  #at(path: BytePath): BytePath {
    return path === '' ? this.#tree : `${this.#tree}/${path}`;
  }

  readonly #countLost = (what: Lost): void => {
    this.#lost.set(what, (this.#lost.get(what) ?? 0) + 1);
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
    const seeded = await this.#seed(path, entry);
    if (seeded.missing.length === 0) {
      this.#report.bytesSeeded += entry.size;
      applyMetadata(this.#at(path), 'file', metadataOf(entry, this.#accounts), this.#countLost);
      return;
    }
    if (!seeded.resumed) this.#report.filesReplaced += 1;
    this.#report.bytesSeeded += entry.size - seeded.missing.reduce((sum, piece) => sum + piece.length, 0);
    this.#window.add({ path, entry, isFresh: !seeded.resumed }, seeded.missing);
    if (this.#window.isFull) await this.#fetchWindow();
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
  async #seed(path: BytePath, entry: ManifestEntry): Promise<{ missing: Piece[]; resumed: boolean }> {
    const target = forFileSystem(this.#at(path));
    const pieces = piecesOf(entry);
    const staged = lstatSync(target, { throwIfNoEntry: false });
    if (staged?.isFile() === true && staged.nlink === 1) {
      chmodSync(target, 0o600);
      if (staged.size === entry.size)
        return { missing: await this.#verify(target, entry, pieces), resumed: true };
    }
    if (staged !== undefined) rmSync(target, { recursive: true });
    return { missing: await this.#seedFromLive(path, entry, pieces, target), resumed: false };
  }

  async #seedFromLive(
    path: BytePath,
    entry: ManifestEntry,
    pieces: Piece[],
    target: string | Buffer,
  ): Promise<Piece[]> {
    const live = this.#seeds?.find(parentPath(path));
    const stat = live?.lstat(baseName(path));
    if (live === undefined || stat?.isFile() !== true || pieces.length === 0) {
      return create(target, entry.size, () => pieces);
    }
    try {
      return await withOpen(live.at(baseName(path)), constants.O_RDONLY, async (fd) => {
        const isWhole = pieces.reduce((sum, piece) => sum + piece.length, 0) === entry.size;
        const isSparse = stat.blocks * 512n < stat.size;
        if (!looksLike(stat, entry) || !isWhole || isSparse)
          return await this.#seedPieces(fd, entry, pieces, target);
        // Never a hard link: the portal still writes to the live file. (A reflink shares blocks, not the file.)
        await copyWhole(`/proc/self/fd/${fd}`, target, entry.size);
        chmodSync(target, 0o600);
        return await this.#verify(target, entry, pieces);
      });
    } catch (error) {
      const code = systemCodeOf(error);
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ELOOP' && code !== 'EPERM') throw error;
      rmSync(target, { force: true });
      return create(target, entry.size, () => pieces);
    }
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

  async #fetchWindow(): Promise<void> {
    const window = this.#window;
    this.#window = new FetchWindow();
    const wanted = window.wanted();
    if (wanted.length > 0) {
      await this.#options.fetch(wanted, (index, bytes) => {
        const chunk = wanted[index];
        invariant(chunk !== undefined, 'a fetched chunk was asked for');
        for (const { file, offset } of chunk.places) {
          const write = file.isFresh ? writeSparsely : writeFully;
          withFile(forFileSystem(this.#at(file.path)), constants.O_WRONLY, (fd) => write(fd, bytes, offset));
        }
        this.#report.bytesFetched += bytes.length;
        this.#options.onProgress?.(this.#report);
      });
    }
    for (const { path, entry } of window.files) {
      const wrong = await this.#verify(forFileSystem(this.#at(path)), entry);
      if (wrong.length > 0) throw notAsWritten(path, wrong.length);
      applyMetadata(this.#at(path), 'file', metadataOf(entry, this.#accounts), this.#countLost);
    }
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
    for (const [what, count] of this.#lost) this.#report.warnings.push(`${count} entries ${texts[what]}`);
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

function notAsWritten(path: BytePath, pieces: number): LifeboatError {
  return new LifeboatError(
    'VERIFY_MISMATCH',
    `${JSON.stringify(displayPath(path))} reads back other than it was written (${pieces} chunks)`,
    { guidance: 'The disk or memory of this host is failing; nothing live has been changed.' },
  );
}
