import { existsSync, watch as watchDirectory, type FSWatcher as Watch } from 'node:fs';
import { basename } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { messageOf, systemCodeOf, type Log } from '@lifeboat/kernel';

/** Something happened to `name` in `directory` (absolute). What, only a look tells. */
export type DirectoryEvent = (directory: string, name: string) => void;

export interface DirectoryWatchOptions {
  readonly onEvent: DirectoryEvent;
  readonly log: Log;
  /** Directories that stay for good: these are found again by themselves should they go and come back. */
  readonly isLasting: (directory: string) => boolean;
}

/**
 * Watches single directories (not what is below them) and names what happened in them. Files cost nothing: only
 * directories are watched. A hint, never a proof: events come late, are lost under load, and do not cross a network.
 *
 * What lasts is watched by chokidar. What comes and goes (a document's own folder) is watched by the kernel's watch
 * alone: for each watched directory that is deleted chokidar lists all its neighbours (ADR 0014).
 */
export class DirectoryWatch {
  readonly #options: DirectoryWatchOptions;
  readonly #lasting: FSWatcher;
  readonly #passing = new Map<string, Watch>();
  readonly #directories = new Set<string>();
  #failed = 0;

  constructor(options: DirectoryWatchOptions) {
    this.#options = options;
    this.#lasting = watch([], {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      // Said without a stat, so that a directory of 100,000 files costs one listing.
      ignored: (path) => !this.#directories.has(path),
    });
    this.#lasting.on('raw', (_event, name, details) => {
      const directory = (details as { watchedPath?: unknown } | undefined)?.watchedPath;
      if (typeof directory === 'string' && typeof name === 'string' && name !== '')
        options.onEvent(directory, name);
    });
    this.#lasting.on('error', (error) => this.#fail(error));
  }

  /** Directories being watched. */
  get size(): number {
    return this.#directories.size - this.#failed;
  }

  get directories(): IterableIterator<string> {
    return this.#directories.values();
  }

  has(directory: string): boolean {
    return this.#directories.has(directory);
  }

  /** Begins to watch; the first events may be missed, so look into a new directory afterwards. */
  add(directories: readonly string[]): void {
    const lasting = directories.filter(this.#options.isLasting);
    for (const directory of lasting) this.#directories.add(directory);
    if (lasting.length > 0) this.#lasting.add(lasting);
    for (const directory of directories) if (!this.#directories.has(directory)) this.#addPassing(directory);
  }

  async close(): Promise<void> {
    this.#directories.clear();
    for (const watching of this.#passing.values()) watching.close();
    this.#passing.clear();
    await this.#lasting.close();
  }

  #addPassing(directory: string): void {
    try {
      const watching = watchDirectory(directory, (_event, name) => {
        // Its own name: it was deleted or moved, and the kernel's watch with it; or a child has the same name.
        if (name === basename(directory)) this.#renew(directory);
        if (name !== null) this.#options.onEvent(directory, name);
      });
      watching.on('error', (error) => {
        this.#forget(directory);
        this.#tell(error);
      });
      this.#passing.set(directory, watching);
      this.#directories.add(directory);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') this.#tell(error);
    }
  }

  #renew(directory: string): void {
    this.#forget(directory);
    if (existsSync(directory)) this.#addPassing(directory);
  }

  #forget(directory: string): void {
    this.#passing.get(directory)?.close();
    this.#passing.delete(directory);
    this.#directories.delete(directory);
  }

  #fail(error: unknown): void {
    this.#failed += 1;
    this.#tell(error);
  }

  #tell(error: unknown): void {
    this.#options.log.warn({ err: messageOf(error) }, 'a directory is not watched');
  }
}
