import { lstatSync, mkdirSync, readdirSync, utimesSync, type BigIntStats } from 'node:fs';
import {
  bytePath,
  chooseDirectories,
  DirectoryWatch,
  displayPath,
  forFileSystem,
  holdFolder,
  OWN_FOLDER,
  PinStore,
  removeStaleHolds,
  type BytePath,
  type Pin,
} from '@lifeboat/file-tree';
import { invariant, LifeboatError, messageOf, systemCodeOf, type Clock, type Log } from '@lifeboat/kernel';
import type { ArmHoldResult, CaptureResult, Tree } from '@lifeboat/wire';
import { abortableDelay } from './abortable-delay.ts';
import { captureEntries, type CaptureOptions } from './capture-tree.ts';
import { listedEntries, type ListedFile } from './listed-entries.ts';

export interface HoldOptions {
  tree: Pick<Tree, 'name' | 'path' | 'excludes'>;
  /** Names this agent among those that hold the same shared tree: each has a folder of its own there. */
  owner: string;
  log: Log;
  clock: Clock;
  budget?: Partial<HoldBudget>;
}

export interface HoldBudget {
  /** Directories watched at most: each costs a watch of the kernel. */
  directories: number;
  /** Bytes pinned at most; pins of deleted files keep their blocks. */
  bytes: number;
  /** After this time nothing more is pinned. */
  millis: number;
}

const DEFAULT_BUDGET: HoldBudget = {
  directories: 2000,
  bytes: 20 * 1024 ** 3,
  millis: 2 * 60 * 60 * 1000,
};
const SENTINEL_MILLIS = 3000;
/** Entries of files that were pinned more than once, beyond the latest, lie below this folder of the manifest. */
export const EARLIER_VERSIONS = `${OWN_FOLDER}/earlier`;
/** Clocks of kernel and process differ by a tick: what changed this much before arming is pinned too. */
const TICK_NANOS = 2_000_000_000n;

/** Companies and their folders stay; the levels below are documents, which come and go. */
const LASTING_LEVELS = 2;
/** A directory of more is not looked through for what its events may have left out. */
const MANY_NAMES = 256;

interface Armed {
  pins: PinStore;
  sinceNs: bigint;
  sinceMonotonic: number;
  /** Directories that appeared since: looked through again before each capture. */
  newDirectories: Set<string>;
  overBudget: boolean;
}

/**
 * Keeps what is created or changed in a tree from `arm` to `release` readable, whatever the portal does to it
 * meanwhile. Watching may start long before (`prewatch`), then arming takes no longer than its sentinel.
 * A hint, never a proof: what no event told of is found by walking.
 */
export class Hold {
  readonly #options: HoldOptions;
  readonly #root: string;
  readonly #budget: HoldBudget;
  readonly #watch: DirectoryWatch;
  readonly #excluded: ReadonlySet<string>;
  #armed: Armed | undefined;
  #onSentinel: (() => void) | undefined;

  private constructor(options: HoldOptions) {
    this.#options = options;
    this.#root = options.tree.path.replace(/\/+$/, '');
    this.#budget = { ...DEFAULT_BUDGET, ...options.budget };
    this.#excluded = new Set(options.tree.excludes);
    this.#watch = new DirectoryWatch({
      onEvent: (directory, name) => this.#notice(directory, name),
      log: options.log,
      isLasting: (directory) => depthBelow(this.#root, directory) <= LASTING_LEVELS,
    });
  }

  /** Begins to watch, pins nothing yet. Removes holds that a killed process left. */
  static prewatch(options: HoldOptions, activeDirectories: readonly string[] = []): Hold {
    const hold = new Hold(options);
    removeStaleHolds(hold.#root, options.owner);
    hold.#watchChosen(activeDirectories);
    return hold;
  }

  /** `prewatch` and `arm` in one. */
  static async arm(
    options: HoldOptions,
    epoch: string,
    activeDirectories: readonly string[] = [],
  ): Promise<{ hold: Hold; result: ArmHoldResult }> {
    const hold = Hold.prewatch(options, activeDirectories);
    return { hold, result: await hold.arm(epoch, activeDirectories) };
  }

  get isArmed(): boolean {
    return this.#armed !== undefined;
  }

  /** Paths pinned so far. */
  get held(): number {
    return this.#armed?.pins.size ?? 0;
  }

  /** From now on changes are pinned. `epoch` names the hold's folder. Arming again is a new hold. */
  async arm(epoch: string, activeDirectories: readonly string[] = []): Promise<ArmHoldResult> {
    await this.release();
    const { clock } = this.#options;
    this.#armed = {
      pins: new PinStore(this.#root, this.#options.owner, epoch),
      sinceNs: BigInt(clock.now().getTime()) * 1_000_000n - TICK_NANOS,
      sinceMonotonic: clock.monotonic(),
      newDirectories: new Set(),
      overBudget: false,
    };
    this.#watchChosen(activeDirectories);
    const sentinelSeen = await this.#sentinelSeen();
    return { directoriesWatched: this.#watch.size, sentinelSeen };
  }

  /** Holds the file at a path now, though no event told of it, and watches for its successors beside it. */
  keep(path: BytePath): void {
    if (this.#armed === undefined || this.#isExcluded(path)) return;
    try {
      this.#pin(path);
      const parent = displayPath(this.#absoluteBytes(path.slice(0, Math.max(0, path.lastIndexOf('/')))));
      if (!this.#watch.has(parent) && this.#watch.size < this.#budget.directories) this.#watch.add([parent]);
    } catch (error) {
      this.#passOver(path, error);
    }
  }

  /** What is held of a path: it can be read however soon its name is gone. */
  heldAt(path: BytePath): ListedFile | undefined {
    const pin = this.#armed?.pins.latest(path);
    return pin === undefined ? undefined : { path, ...placeOf(pin) };
  }

  /** Captures what is pinned by now, at the original paths. Costs what is held, not what the tree has. */
  async captureHeld(options: CaptureOptions): Promise<CaptureResult> {
    const armed = this.#armed;
    if (armed === undefined) {
      throw new LifeboatError('CONFLICT', `no hold is armed on ${this.#root}`, {
        guidance: 'The agent was restarted since; the set must arm again.',
      });
    }
    this.#lookAgain(armed);
    const files = [...armed.pins.pins()].flatMap(manifestFiles);
    const root = bytePath(this.#root);
    return await captureEntries(
      options,
      (report) => {
        if (armed.overBudget) report.notKept('', 'the hold reached its budget; later changes are not held');
        return listedEntries(root, files);
      },
      `${options.tree.name}@held`,
    );
  }

  /** Ends the hold and frees its pins; goes on watching. */
  async release(): Promise<void> {
    const armed = this.#armed;
    this.#armed = undefined;
    armed?.pins.release();
  }

  async close(): Promise<void> {
    await this.release();
    await this.#watch.close();
  }

  #watchChosen(active: readonly string[]): void {
    const { directories } = this.#budget;
    const { excludes } = this.#options.tree;
    // Without a word on what is active only the upper levels: room is left for what will be named when it is armed.
    const budget = active.length === 0 ? Math.max(1, Math.floor(directories / 4)) : directories;
    const chosen = chooseDirectories(this.#root, { active, excludes, budget })
      .map((path) => this.#absolute(path))
      .filter((path) => !this.#watch.has(path))
      .slice(0, Math.max(0, directories - this.#watch.size));
    if (chosen.length > 0) this.#watch.add(chosen);
  }

  /**
   * Touching our own folder is an event of the root's watch: when it comes back, events do come. Repeated, for
   * watches are set up in the background.
   */
  async #sentinelSeen(): Promise<boolean> {
    const { clock } = this.#options;
    mkdirSync(holdFolder(this.#root), { recursive: true, mode: 0o700 });
    const seen = new AbortController();
    this.#onSentinel = () => seen.abort();
    const end = clock.monotonic() + SENTINEL_MILLIS;
    for (let wait = 10; !seen.signal.aborted && clock.monotonic() < end; wait = Math.min(wait * 2, 200)) {
      const now = clock.now();
      utimesSync(`${this.#root}/${OWN_FOLDER}`, now, now);
      await abortableDelay(wait, seen.signal);
    }
    this.#onSentinel = undefined;
    return seen.signal.aborted;
  }

  #notice(directory: string, name: string): void {
    if (name === OWN_FOLDER && directory === this.#root) {
      this.#onSentinel?.();
      return;
    }
    const path = directory === this.#root ? name : `${directory.slice(this.#root.length + 1)}/${name}`;
    // A name that is not UTF-8 comes mangled: look for it.
    if (name.includes('\uFFFD')) this.#scan(bytePath(directory), true);
    else this.#look(bytePath(path));
  }

  /** Looks at one path and does what is due. */
  #look(path: BytePath): void {
    if (this.#isExcluded(path)) return;
    try {
      const stat = lstatSync(forFileSystem(this.#absoluteBytes(path)), {
        bigint: true,
        throwIfNoEntry: false,
      });
      if (stat?.isDirectory() === true) this.#enter(path);
      else if (stat?.isFile() === true) this.#pin(path);
    } catch (error) {
      this.#passOver(path, error);
    }
  }

  /** A directory that appeared is watched and looked through at once, with all below. */
  #enter(path: BytePath): void {
    const absolute = this.#absoluteBytes(path);
    const text = displayPath(absolute);
    const isText = bytePath(text) === absolute;
    if (isText && !this.#watch.has(text) && this.#watch.size < this.#budget.directories)
      this.#watch.add([text]);
    if (this.#armed === undefined) return;
    this.#armed.newDirectories.add(absolute);
    this.#scan(absolute, false);
  }

  /** Pins the files of a directory: all, or those changed since arming. Directories below are entered if all. */
  #scan(absolute: BytePath, onlyChanged: boolean, mostNames = Infinity): void {
    if (this.#armed === undefined) return;
    try {
      const names = readdirSync(forFileSystem(absolute), { encoding: 'latin1' });
      if (names.length > mostNames) return;
      for (const name of names) {
        const path = this.#relative(`${absolute}/${name}`);
        if (this.#isExcluded(path)) continue;
        const stat = lstatSync(forFileSystem(`${absolute}/${name}`), { bigint: true, throwIfNoEntry: false });
        if (stat === undefined || (onlyChanged && !this.#changedSince(stat))) continue;
        if (stat.isFile()) this.#pin(path);
        else if (stat.isDirectory() && !this.#isKnown(`${absolute}/${name}`)) this.#enter(path);
      }
    } catch (error) {
      this.#passOver(this.#relative(absolute), error);
    }
  }

  /**
   * Events may be late or lost: directories that changed since arming are looked through before a capture. Not the
   * folders of many documents, which change all the time: what is missed in them is looked up by its row.
   */
  #lookAgain(armed: Armed): void {
    for (const directory of [...armed.newDirectories]) this.#scan(directory, false);
    for (const directory of [...this.#watch.directories].map(bytePath)) {
      const stat = lstatSync(forFileSystem(directory), { bigint: true, throwIfNoEntry: false });
      if (stat !== undefined && this.#changedSince(stat)) this.#scan(directory, true, MANY_NAMES);
    }
  }

  #pin(path: BytePath): void {
    const armed = this.#armed;
    if (armed === undefined || armed.overBudget) return;
    const late = this.#options.clock.monotonic() - armed.sinceMonotonic > this.#budget.millis;
    if (late || armed.pins.bytes > this.#budget.bytes) {
      armed.overBudget = true;
      this.#options.log.warn({ root: this.#root, bytes: armed.pins.bytes }, 'the hold reached its budget');
      return;
    }
    armed.pins.pin(path);
  }

  #passOver(path: BytePath, error: unknown): void {
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    this.#options.log.warn({ path: displayPath(path), err: messageOf(error) }, 'not held');
  }

  #changedSince(stat: BigIntStats): boolean {
    invariant(this.#armed !== undefined, 'only an armed hold asks what changed');
    return stat.ctimeNs >= this.#armed.sinceNs;
  }

  #isKnown(absolute: BytePath): boolean {
    return this.#armed?.newDirectories.has(absolute) === true || this.#watch.has(displayPath(absolute));
  }

  #isExcluded(path: BytePath): boolean {
    if (path === OWN_FOLDER || path.startsWith(`${OWN_FOLDER}/`)) return true;
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (this.#excluded.has(displayPath(path.slice(0, end)))) return true;
    }
    return false;
  }

  #absolute(path: string): string {
    return path === '' ? this.#root : `${this.#root}/${path}`;
  }

  #absoluteBytes(path: BytePath): BytePath {
    return `${bytePath(this.#root)}/${path}`;
  }

  #relative(absolute: BytePath): BytePath {
    return absolute.slice(bytePath(this.#root).length + 1);
  }
}

function depthBelow(root: string, directory: string): number {
  return directory.slice(root.length).split('/').length - 1;
}

/** The latest version at its own path; earlier ones of another size beside, so that nothing is lost. */
function manifestFiles(versions: Pin[]): ListedFile[] {
  const sized = versions.map((pin) => ({ pin, size: sizeOf(pin) }));
  const latest = sized.at(-1);
  if (latest === undefined) return [];
  const earlier = sized.filter(({ pin, size }) => pin !== latest.pin && size !== latest.size);
  return [
    { path: latest.pin.path, ...placeOf(latest.pin) },
    ...earlier.map(({ pin }) => ({
      path: `${EARLIER_VERSIONS}/${pin.version}/${pin.path}`,
      ...placeOf(pin),
    })),
  ];
}

function placeOf(pin: Pin): Omit<ListedFile, 'path'> {
  return pin.copied ? { location: pin.location } : { location: pin.location, ownLinks: 1n };
}

function sizeOf(pin: Pin): bigint | undefined {
  return lstatSync(forFileSystem(pin.location), { bigint: true, throwIfNoEntry: false })?.size;
}
