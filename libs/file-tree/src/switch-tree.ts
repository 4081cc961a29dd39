import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { displayPath, type BytePath } from './byte-path.ts';
import { SafeDescent, SafeDirectory } from './safe-directory.ts';
import { baseName, isWithin, joinPath, parentPath } from './safe-path.ts';
import { applyMetadata, readMetadata, type Metadata } from './stage-metadata.ts';
import { openOwnFolder, type StageNames } from './stage-place.ts';
import { syncDirectory } from './stage-sync.ts';
import { STAGED_TREE } from './stage-tree.ts';
import { mountsBelow } from './switch-mounts.ts';
import { planSwitch, type EntryExchange, type Listing } from './switch-plan.ts';
import { OWN_FOLDER } from './walk.ts';

/** A directory that stays where it is: what it was and what it becomes (undefined: the set does not have it). */
export interface SpineDirectory {
  readonly path: BytePath;
  readonly old: Metadata;
  readonly new: Metadata | undefined;
}

/**
 * Everything a switch of one tree will do, written down before its first rename. From it and from what lies where,
 * `forward` and `backward` can be run again from any point at which they were cut off.
 */
export interface SwitchIntent {
  readonly exchanges: readonly EntryExchange[];
  readonly spine: readonly SpineDirectory[];
  readonly excludes: readonly BytePath[];
}

/** Called before every change; a test throws from it to be a power cut. */
export type BeforeChange = (what: string) => void;

/** What appeared in the live tree after the switch and is in the way of going back. */
const STRAYS = 'strays';
const nothing = (): void => undefined;

/** The three places of one tree's entries: live, staged, aside. Each entry moves between them by rename only. */
export class TreeSwitch {
  readonly #root: SafeDirectory;
  readonly #stage: SafeDirectory;
  readonly #aside: SafeDirectory;
  readonly #live: SafeDescent;
  readonly #staged: SafeDescent;
  readonly #old: SafeDescent;

  /** `root`: absolute, without links. Throws PATH_UNSAFE, or ENOENT when there is no such directory. */
  static open(root: BytePath, names: StageNames): TreeSwitch {
    const opened: SafeDirectory[] = [];
    try {
      const directory = SafeDirectory.open(root);
      opened.push(directory);
      for (const name of [names.stage, names.aside]) opened.push(openOwnFolder(directory, name));
      return new TreeSwitch(...(opened as [SafeDirectory, SafeDirectory, SafeDirectory]));
    } catch (error) {
      for (const directory of opened) directory.close();
      throw error;
    }
  }

  private constructor(root: SafeDirectory, stage: SafeDirectory, aside: SafeDirectory) {
    this.#root = root;
    this.#stage = stage;
    this.#aside = aside;
    this.#live = new SafeDescent(root);
    this.#staged = new SafeDescent(stage);
    this.#old = new SafeDescent(aside);
  }

  /** Only looks. Throws CONFLICT (see planSwitch) or when entries could not be moved by this account. */
  plan(excludes: readonly BytePath[]): SwitchIntent {
    const all = [...excludes, OWN_FOLDER, ...mountsBelow(this.#root.location || '/')];
    const live = listing(this.#live, '');
    const staged = listing(this.#staged, STAGED_TREE);
    const { exchanges, spine } = planSwitch(live, staged, all);
    return {
      exchanges,
      excludes: all,
      spine: spine.map((path) => ({
        path,
        old: readMetadata(`${this.#live.open(path).path('')}/.`),
        new: metadataIfThere(this.#staged, joinStage(path)),
      })),
    };
  }

  /** Old entries aside, new ones in. Returns how many entries changed places. */
  forward(intent: SwitchIntent, before: BeforeChange = nothing): number {
    this.#unlock(intent);
    for (const { path } of intent.spine) this.#makeIn(this.#aside, path);
    for (const { path, live } of intent.exchanges) {
      if (live && !has(this.#old, path) && has(this.#live, path))
        this.#move(this.#live, path, this.#old, path, before);
    }
    // All that is old must be safely aside before the first new entry takes a name.
    this.#sync(intent);
    for (const { path, staged } of intent.exchanges) {
      if (!staged || !has(this.#staged, joinStage(path))) continue;
      if (has(this.#live, path)) this.#toStrays(path, before);
      this.#move(this.#staged, joinStage(path), this.#live, path, before);
    }
    this.#dress(intent, (directory) => directory.new, before);
    this.#sync(intent);
    return intent.exchanges.length;
  }

  /** Exactly the old entries again; what is new goes back to the stage, what has appeared since to the strays. */
  backward(intent: SwitchIntent, before: BeforeChange = nothing): void {
    this.#unlock(intent);
    for (const exchange of intent.exchanges) this.#takeBack(exchange, before);
    for (const { path } of intent.spine) this.#sweep(path, intent, before);
    this.#dress(intent, (directory) => directory.old, before);
    this.#sync(intent);
  }

  close(): void {
    for (const descent of [this.#live, this.#staged, this.#old]) descent.close();
    for (const directory of [this.#root, this.#stage, this.#aside]) directory.close();
  }

  #takeBack({ path, live, staged }: EntryExchange, before: BeforeChange): void {
    const isAside = live && has(this.#old, path);
    // A live entry that never went aside is the old one, and stays.
    if (live && !isAside) return;
    if (has(this.#live, path)) {
      if (staged && !has(this.#staged, joinStage(path)))
        this.#move(this.#live, path, this.#staged, joinStage(path), before);
      else this.#toStrays(path, before);
    }
    if (isAside) this.#move(this.#old, path, this.#live, path, before);
  }

  #sweep(directory: BytePath, intent: SwitchIntent, before: BeforeChange): void {
    const known = new Set(
      [...intent.exchanges.filter(({ live }) => live), ...intent.spine].map(({ path }) => path),
    );
    for (const name of this.#live.find(directory)?.names() ?? []) {
      const path = joinPath(directory, name);
      if (known.has(path) || intent.excludes.some((excluded) => isWithin(excluded, path))) continue;
      this.#toStrays(path, before);
    }
  }

  #toStrays(path: BytePath, before: BeforeChange): void {
    this.#makeIn(this.#stage, joinPath(STRAYS, parentPath(path)));
    let name = joinPath(STRAYS, path);
    for (let again = 1; has(this.#staged, name); again += 1) name = `${joinPath(STRAYS, path)}.${again}`;
    this.#move(this.#live, path, this.#staged, name, before);
  }

  /** The target is known to be free: rename would silently replace a file or an empty directory. */
  #move(from: SafeDescent, source: BytePath, to: SafeDescent, target: BytePath, before: BeforeChange): void {
    before(`rename ${displayPath(source)}`);
    const sourceFolder = from.open(parentPath(source));
    const targetFolder = to.open(parentPath(target));
    try {
      renameSync(sourceFolder.at(baseName(source)), targetFolder.at(baseName(target)));
    } catch (error) {
      throw cannotMove(`${sourceFolder.location}/${baseName(source)}`, error);
    }
  }

  /** Gives the directories that stay their metadata, deepest first, because renames in them change their times. */
  #dress(
    intent: SwitchIntent,
    pick: (directory: SpineDirectory) => Metadata | undefined,
    before: BeforeChange,
  ): void {
    for (const directory of intent.spine.toReversed()) {
      const metadata = pick(directory);
      const place = this.#live.find(directory.path);
      if (metadata === undefined || place === undefined) continue;
      before(`metadata of ${displayPath(directory.path) || 'the root'}`);
      applyMetadata(`${place.path('')}/.`, 'directory', metadata, nothing);
    }
  }

  /** Without root's rights nothing can be renamed in a directory its owner may not write; #dress sets it right. */
  #unlock(intent: SwitchIntent): void {
    for (const { path } of intent.spine) {
      for (const place of [this.#live.find(path), this.#staged.find(joinStage(path))]) {
        const mode = Number((place?.stat().mode ?? 0o700n) & 0o7777n);
        if (place !== undefined && (mode & 0o700) !== 0o700) chmodSync(`${place.path('')}/.`, mode | 0o700);
      }
    }
  }

  #makeIn(base: SafeDirectory, path: BytePath): void {
    let made = '';
    const descent = new SafeDescent(base);
    try {
      for (const name of path.split('/').filter((part) => part !== '')) {
        const parent = descent.open(made);
        if (parent.lstat(name) === undefined) mkdirSync(parent.at(name), { mode: 0o700 });
        made = joinPath(made, name);
      }
    } finally {
      descent.close();
    }
  }

  #sync(intent: SwitchIntent): void {
    for (const { path } of intent.spine) {
      for (const place of [this.#live.find(path), this.#old.find(path), this.#staged.find(joinStage(path))]) {
        if (place !== undefined) syncDirectory(place);
      }
    }
  }
}

function joinStage(path: BytePath): BytePath {
  return path === '' ? STAGED_TREE : `${STAGED_TREE}/${path}`;
}

function has(descent: SafeDescent, path: BytePath): boolean {
  return descent.find(parentPath(path))?.lstat(baseName(path)) !== undefined;
}

/** Each directory is read once: a plan is made from one look. */
function listing(descent: SafeDescent, prefix: BytePath): Listing {
  const seen = new Map<BytePath, ReturnType<Listing>>();
  const look: Listing = (path) => {
    const directory = descent.find(prefix === '' ? path : path === '' ? prefix : `${prefix}/${path}`);
    if (directory === undefined) return undefined;
    return new Map(
      directory
        .names()
        .map((name) => [name, directory.lstat(name)?.isDirectory() === true ? 'directory' : 'other']),
    );
  };
  return (path) => {
    if (!seen.has(path)) seen.set(path, look(path));
    return seen.get(path);
  };
}

function metadataIfThere(descent: SafeDescent, path: BytePath): Metadata | undefined {
  const directory = descent.find(path);
  return directory === undefined ? undefined : readMetadata(`${directory.path('')}/.`);
}

function cannotMove(location: BytePath, cause: unknown): LifeboatError {
  const code = systemCodeOf(cause);
  const reasons: Record<string, string> = {
    EXDEV: 'it lies on another file system (or in a lower layer of an overlay) than its stage',
    EBUSY: 'something is mounted on it',
    EACCES: 'this account may not move it',
    EPERM: 'this account may not move it, or it is immutable',
  };
  return new LifeboatError(
    'NEEDS_OPERATOR',
    `${displayPath(location)} cannot be renamed: ${reasons[code ?? ''] ?? code ?? 'unknown reason'}`,
    {
      guidance:
        'What was moved so far is journaled: remove the cause and repeat the step, or roll the restore back.',
      cause,
    },
  );
}
