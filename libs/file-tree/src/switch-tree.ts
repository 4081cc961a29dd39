import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import { invariant, LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { displayPath, type BytePath } from './byte-path.ts';
import { besideKept } from './kept/beside-kept.ts';
import { Glance } from './kept/glance.ts';
import { hasKeptList } from './kept/kept-list.ts';
import { planReturn, type ReturnPlan } from './kept/plan-return.ts';
import { stageKept, type StageMeans } from './kept/stage-kept.ts';
import { SafeDescent, SafeDirectory } from './safe-directory.ts';
import { baseName, joinPath, parentPath } from './safe-path.ts';
import { Accounts } from './stage-accounts.ts';
import { applyMetadata, metadataOf, readMetadata, type Metadata } from './stage-metadata.ts';
import { makePrivate, openOwnFolder, type StageNames } from './stage-place.ts';
import { syncDirectory, syncFileSystem } from './stage-sync.ts';
import { STAGED_TREE, type StageReport } from './stage-tree.ts';
import { mountsBelow } from './switch-mounts.ts';
import { planSwitch, type EntryExchange, type Found } from './switch-plan.ts';
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
  /** The stage folder has a list of what is kept in place. */
  readonly keeps: boolean;
}

/** Called before every change; a test throws from it to be a power cut. */
export type BeforeChange = (what: string) => void;

/** What appeared in the live tree after the switch and is in the way of going back. */
const STRAYS = 'strays';
/** A stage of its own for what was kept, has changed since the switch, and is to be the old one again. */
const MEND = 'mend';
/** From so many directories on, one sync of the whole file system is cheaper than one of each. */
const MANY_DIRECTORIES = 64;
const nothing = (): void => undefined;

/** The three places of one tree's entries: live, staged, aside. Each entry moves between them by rename only. */
export class TreeSwitch {
  readonly #root: SafeDirectory;
  readonly #stage: SafeDirectory;
  readonly #aside: SafeDirectory;
  readonly #live: SafeDescent;
  readonly #glance: Glance;
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
    this.#glance = new Glance(root);
    this.#staged = new SafeDescent(stage);
    this.#old = new SafeDescent(aside);
  }

  /**
   * Only looks. Of `late`, what was to be kept has changed since: it is to be staged (`stageLate`) before the intent
   * counts. Throws CONFLICT (see planSwitch), FORMAT_DAMAGED, or when entries could not be moved by this account.
   */
  async plan(excludes: readonly BytePath[]): Promise<{ intent: SwitchIntent; late: readonly BytePath[] }> {
    const all = [...excludes, OWN_FOLDER, ...mountsBelow(this.#root.location || '/')];
    const keeps = hasKeptList(this.#stage);
    const { exchanges, spine, late } = await besideKept(this.#stage, keeps, (view) =>
      planSwitch({
        ...view,
        live: (path) => this.#glance.in(path),
        staged: (path) => listing(this.#staged.find(joinStage(path))),
        excludes: all,
      }),
    );
    const accounts = new Accounts();
    const directories = spine.map(({ path, entry }) => ({
      path,
      old: readMetadata(`${this.#live.open(path).path('')}/.`),
      new: entry === undefined ? metadataIfThere(this.#staged, joinStage(path)) : metadataOf(entry, accounts),
    }));
    return { intent: { exchanges, excludes: all, spine: directories, keeps }, late };
  }

  /** Durable when it resolves. */
  stageLate(late: readonly BytePath[], means: StageMeans): Promise<StageReport> {
    return stageKept(this.#root, this.#stage, this.#stage, late, means);
  }

  /** Old entries aside, new ones in. Returns how many entries changed places. */
  async forward(intent: SwitchIntent, before: BeforeChange = nothing): Promise<number> {
    this.#unlock(intent.spine);
    for (const { path } of intent.spine) this.#makeIn(this.#aside, path);
    for (const { path, live } of intent.exchanges) {
      if (live && !has(this.#old, path) && has(this.#live, path))
        this.#move(this.#live, path, this.#old, path, before);
    }
    // All that is old must be safely aside before the first new entry takes a name.
    await this.#sync(intent.spine);
    for (const { path, staged } of intent.exchanges) {
      if (!staged || !has(this.#staged, joinStage(path))) continue;
      if (has(this.#live, path)) this.#toStrays(path, before);
      this.#move(this.#staged, joinStage(path), this.#live, path, before);
    }
    this.#dress(
      intent.spine.map((directory) => ({ path: directory.path, metadata: directory.new })),
      before,
    );
    await this.#sync(intent.spine);
    return intent.exchanges.length;
  }

  /** What `backward` has to do besides the exchanges. Only looks. With anything `changed`, it must be mended first. */
  planReturn(intent: SwitchIntent, mended: readonly BytePath[]): Promise<ReturnPlan> {
    const done = new Set(mended);
    return besideKept(this.#stage, intent.keeps, (view) =>
      planReturn({ ...view, ...intent, live: (path) => this.#glance.in(path), mended: done }),
    );
  }

  /** Makes what was kept and has changed anew, beside the live tree. Durable when it resolves. */
  async mend(changed: readonly BytePath[], means: StageMeans): Promise<void> {
    const place = makePrivate(this.#stage, MEND);
    try {
      await stageKept(this.#root, this.#stage, place, changed, means);
    } finally {
      place.close();
    }
  }

  /** Exactly the old entries again; what is new goes back to the stage, what has appeared since to the strays. */
  async backward(
    intent: SwitchIntent,
    plan: ReturnPlan,
    mended: readonly BytePath[],
    before: BeforeChange = nothing,
  ): Promise<void> {
    invariant(plan.changed.length === 0, 'what was kept is mended before the rest goes back');
    const touched = [...intent.spine, ...plan.undressed];
    this.#unlock(touched);
    for (const path of plan.strays) this.#toStrays(path, before);
    for (const path of plan.gone) this.#makeAgain(path, before);
    for (const exchange of intent.exchanges) this.#takeBack(exchange, before);
    for (const path of mended) this.#putMended(path, before);
    const accounts = new Accounts();
    this.#dress(
      [
        ...intent.spine.map(({ path, old }) => ({ path, metadata: old })),
        ...plan.undressed.map(({ path, entry }) => ({ path, metadata: metadataOf(entry, accounts) })),
      ],
      before,
    );
    await this.#sync(touched);
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

  #makeAgain(path: BytePath, before: BeforeChange): void {
    if (has(this.#live, path)) return;
    before(`make ${displayPath(path)} again`);
    mkdirSync(this.#live.open(parentPath(path)).at(baseName(path)), { mode: 0o700 });
  }

  #putMended(path: BytePath, before: BeforeChange): void {
    const source = joinPath(MEND, joinStage(path));
    if (!has(this.#staged, source)) return;
    if (has(this.#live, path)) this.#toStrays(path, before);
    this.#move(this.#staged, source, this.#live, path, before);
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
    directories: readonly { readonly path: BytePath; readonly metadata: Metadata | undefined }[],
    before: BeforeChange,
  ): void {
    for (const { path, metadata } of directories.toSorted((a, b) => (a.path < b.path ? 1 : -1))) {
      const place = this.#live.find(path);
      if (metadata === undefined || place === undefined) continue;
      before(`metadata of ${displayPath(path) || 'the root'}`);
      applyMetadata(`${place.path('')}/.`, 'directory', metadata, nothing);
    }
  }

  /** Without root's rights nothing can be renamed in a directory its owner may not write; #dress sets it right. */
  #unlock(directories: readonly { readonly path: BytePath }[]): void {
    for (const { path } of directories) {
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

  /** Makes the names in these directories durable, wherever each lies. */
  async #sync(directories: readonly { readonly path: BytePath }[]): Promise<void> {
    const paths = new Set<BytePath>();
    for (const { path } of directories)
      for (let at = path; !paths.has(at); at = parentPath(at)) paths.add(at);
    if (paths.size > MANY_DIRECTORIES && (await syncFileSystem(this.#stage))) return;
    for (const path of paths) {
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

function listing(directory: SafeDirectory | undefined): ReadonlyMap<BytePath, Found> | undefined {
  if (directory === undefined) return undefined;
  const found = new Map<BytePath, Found>();
  for (const name of directory.names()) {
    const stat = directory.lstat(name);
    if (stat !== undefined) found.set(name, { isDirectory: stat.isDirectory(), stat });
  }
  return found;
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
