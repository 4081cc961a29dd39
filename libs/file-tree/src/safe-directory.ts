import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, type BigIntStats } from 'node:fs';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { displayPath, forFileSystem, type BytePath } from './byte-path.ts';
import { unsafePath } from './safe-path.ts';

/** Not among node's constants; the same number on every architecture Node supports on Linux. Needs no read right. */
const O_PATH = 0o10000000;
const DIRECTORY = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * A directory held by a descriptor, so that what we do "in it" stays in it whatever happens to the names that led
 * there (R5). Names in it are reached through /proc/self/fd, which the kernel resolves to the directory itself.
 */
export class SafeDirectory {
  readonly #fd: number;
  /** Where it was when it was opened: for messages only. */
  readonly location: BytePath;

  private constructor(fd: number, location: BytePath) {
    this.#fd = fd;
    this.location = location;
  }

  /**
   * Opens an absolute path component by component, following no link. Throws PATH_UNSAFE when a component is a link
   * or no directory; the file system's own error when one is missing.
   */
  static open(absolute: BytePath): SafeDirectory {
    let directory = new SafeDirectory(openSync('/', DIRECTORY), '');
    try {
      for (const name of absolute.split('/')) {
        if (name === '') continue;
        const next = directory.child(name);
        directory.close();
        directory = next;
      }
      return directory;
    } catch (error) {
      directory.close();
      throw error;
    }
  }

  child(name: BytePath): SafeDirectory {
    try {
      return new SafeDirectory(openSync(this.at(name), DIRECTORY), `${this.location}/${name}`);
    } catch (error) {
      const code = systemCodeOf(error);
      if (code !== 'ELOOP' && code !== 'ENOTDIR') throw error;
      throw unsafePath(`${this.location}/${name}`, 'it is a link or no directory');
    }
  }

  /** Path for node:fs. Only its last component may be untrusted: parents have to be opened with `child`. */
  at(name: BytePath): string | Buffer {
    return forFileSystem(this.path(name));
  }

  path(name: BytePath): BytePath {
    return name === '' ? `/proc/self/fd/${this.#fd}` : `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** Of the name itself, never of what a link points to. */
  lstat(name: BytePath): BigIntStats | undefined {
    return lstatSync(this.at(name), { bigint: true, throwIfNoEntry: false });
  }

  stat(): BigIntStats {
    return fstatSync(this.#fd, { bigint: true });
  }

  names(): BytePath[] {
    return readdirSync(this.at(''), { encoding: 'latin1' }).sort();
  }

  /** Must be ours alone: another account that could write here could make us write elsewhere. */
  assertPrivate(): this {
    const stat = this.stat();
    if (stat.uid === BigInt(process.geteuid?.() ?? 0) && (stat.mode & 0o077n) === 0n) return this;
    throw new LifeboatError(
      'PATH_UNSAFE',
      `${displayPath(this.location)} is open to other accounts than the agent's`,
      {
        guidance: 'Remove this folder (it is only ever made by the agent) and run the restore again.',
      },
    );
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Directories below one, opened link-free and kept open along the latest path: cheap for paths in order. */
export class SafeDescent {
  readonly #root: SafeDirectory;
  readonly #opened: { path: BytePath; directory: SafeDirectory }[] = [];

  constructor(root: SafeDirectory) {
    this.#root = root;
  }

  /** Undefined when it is missing, or a component is a link or no directory. */
  find(path: BytePath): SafeDirectory | undefined {
    try {
      return this.open(path);
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'ENOENT' || code === 'PATH_UNSAFE' || code === 'EACCES') return undefined;
      throw error;
    }
  }

  open(path: BytePath): SafeDirectory {
    const opened = this.#opened;
    for (let last = opened.at(-1); last !== undefined; last = opened.at(-1)) {
      if (path === last.path || path.startsWith(`${last.path}/`)) break;
      last.directory.close();
      opened.pop();
    }
    let current = opened.at(-1);
    const rest = current === undefined ? path : path.slice(current.path.length + 1);
    for (const name of rest === '' ? [] : rest.split('/')) {
      const directory: SafeDirectory = (current?.directory ?? this.#root).child(name);
      current = { path: current === undefined ? name : `${current.path}/${name}`, directory };
      opened.push(current);
    }
    return current?.directory ?? this.#root;
  }

  close(): void {
    for (const { directory } of this.#opened.splice(0)) directory.close();
  }
}
