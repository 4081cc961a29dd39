import { watch, type FSWatcher } from 'chokidar';
import type { Log } from '@lifeboat/kernel';
import { messageOf } from '@lifeboat/kernel';

/** Something happened to `name` in `directory` (absolute). What, only a look tells. */
export type DirectoryEvent = (directory: string, name: string) => void;

/**
 * Watches single directories (not what is below them) and names what happened in them. Files cost nothing: only
 * directories are watched. A hint, never a proof: events come late, are lost under load, and do not cross a network.
 */
export class DirectoryWatch {
  readonly #watcher: FSWatcher;
  readonly #directories = new Set<string>();
  #failed = 0;

  constructor(onEvent: DirectoryEvent, log: Log) {
    this.#watcher = watch([], {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      // Said without a stat, so that a directory of 100,000 files costs one listing.
      ignored: (path) => !this.#directories.has(path),
    });
    this.#watcher.on('raw', (_event, name, details) => {
      const directory = (details as { watchedPath?: unknown } | undefined)?.watchedPath;
      if (typeof directory === 'string' && typeof name === 'string' && name !== '') onEvent(directory, name);
    });
    this.#watcher.on('error', (error) => {
      this.#failed += 1;
      log.warn({ err: messageOf(error) }, 'a directory is not watched');
    });
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
    for (const directory of directories) this.#directories.add(directory);
    this.#watcher.add([...directories]);
  }

  async close(): Promise<void> {
    this.#directories.clear();
    await this.#watcher.close();
  }
}
