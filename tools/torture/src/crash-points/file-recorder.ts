import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, resolve, sep } from 'node:path';
import type { TraceEvent } from './trace.ts';

type Unfinished<T> = T extends unknown ? Omit<T, 'failed'> : never;

/**
 * Notes every change that this thread makes to files below a directory, while it makes them: `node:fs/promises` itself
 * is wrapped, so that the code under test is the code that ships. Only what a vault uses is known; anything else that
 * writes fails.
 */
export class FileRecorder implements Disposable {
  readonly events: TraceEvent[] = [];
  readonly #base: string;
  readonly #files = new Map<string, number>();
  readonly #original = { ...fs };
  #count = 0;

  constructor(base: string) {
    this.#base = base;
    const original = this.#original;
    const unknown = (name: string) => (): never => {
      throw new Error(`the recorder does not know ${name}`);
    };
    Object.assign(fs, {
      open: async (path: string, flags = 'r', mode?: number) =>
        this.#open(resolve(path), String(flags), mode),
      mkdir: async (path: string, options?: object) => this.#mkdir(resolve(path), options),
      link: async (from: string, to: string) => this.#link(resolve(from), resolve(to)),
      unlink: async (path: string) => this.#unlink(resolve(path), () => original.unlink(path)),
      rm: async (path: string, options?: object) =>
        this.#unlink(resolve(path), () => original.rm(path, options)),
      truncate: async (path: string, length = 0) =>
        this.#done(
          { kind: 'truncate', file: this.#files.get(resolve(path))!, length },
          original.truncate(path, length),
        ),
      rename: unknown('rename'),
      writeFile: unknown('writeFile'),
      copyFile: unknown('copyFile'),
      appendFile: unknown('appendFile'),
      symlink: unknown('symlink'),
    });
    syncBuiltinESMExports();
  }

  /** From now on nothing is noted. */
  [Symbol.dispose](): void {
    Object.assign(fs, this.#original);
    syncBuiltinESMExports();
  }

  note(event: Unfinished<TraceEvent>): void {
    this.events.push(event as TraceEvent);
  }

  /** The disk loses a file, and no program has done it. */
  async lose(path: string): Promise<void> {
    await this.#original.rm(path);
    this.note({ kind: 'lost', path });
    this.#files.delete(path);
  }

  /** The disk gives back another byte of a file than it was given. What is left of it. */
  async rot(path: string, offset: number, mask: number): Promise<Buffer> {
    const bytes = await this.#original.readFile(path);
    bytes[offset]! ^= mask;
    await this.#original.rm(path);
    await this.#original.writeFile(path, bytes, { mode: 0o600 });
    const rotten = bytes.subarray(offset, offset + 1);
    this.note({ kind: 'rotted', file: this.#files.get(path)!, offset, bytes: rotten });
    return bytes;
  }

  /** Noted when it begins, since it may take effect from then on; taken back if it fails. */
  async #done<T>(event: Unfinished<TraceEvent>, doing: Promise<T>): Promise<T> {
    const noted = event as TraceEvent;
    this.events.push(noted);
    try {
      return await doing;
    } catch (thrown) {
      noted.failed = true;
      throw thrown;
    }
  }

  async #open(path: string, flags: string, mode?: number): Promise<FileHandle> {
    const opening = this.#original.open(path, flags, mode);
    if (path !== this.#base && !path.startsWith(this.#base + sep)) return opening;
    const known = this.#files.get(path);
    if (flags.startsWith('w') && known === undefined) {
      const file = (this.#count += 1);
      this.#files.set(path, file);
      return this.#watched(await this.#done({ kind: 'create', path, file }, opening), path);
    }
    const handle = await opening;
    if (flags.startsWith('w') && known !== undefined) this.note({ kind: 'truncate', file: known, length: 0 });
    return this.#watched(handle, path);
  }

  #watched(handle: FileHandle, path: string): FileHandle {
    const file = this.#files.get(path);
    const { sync, datasync, writev, writeFile } = handle;
    const synced = async (doing: Promise<void>): Promise<void> => {
      const from = this.events.length;
      await doing;
      this.note(file === undefined ? { kind: 'sync directory', path, from } : { kind: 'sync', file, from });
    };
    const written = <T>(offset: number, bytes: Buffer, doing: Promise<T>): Promise<T> =>
      this.#done({ kind: 'write', file: file!, offset, bytes }, doing);
    return Object.assign(handle, {
      sync: () => synced(sync.call(handle)),
      datasync: () => synced(datasync.call(handle)),
      write: (bytes: Buffer, offset: number, length: number, position: number) => {
        const part = Buffer.from(bytes.subarray(offset, offset + length));
        return written(position, part, writev.call(handle, [part], position));
      },
      writev: (buffers: readonly Buffer[], position: number) =>
        written(position, Buffer.concat(buffers), writev.call(handle, buffers, position)),
      writeFile: (data: string | Buffer) =>
        written(0, Buffer.from(data as string), writeFile.call(handle, data)),
    });
  }

  async #mkdir(path: string, options?: object): Promise<string | undefined> {
    const created = (await this.#original.mkdir(path, options)) as string | undefined;
    if (created === undefined || !path.startsWith(this.#base)) return created;
    const made: string[] = [];
    for (let each = path; each.length >= created.length; each = dirname(each)) made.unshift(each);
    for (const each of made) this.note({ kind: 'mkdir', path: each });
    return created;
  }

  async #link(from: string, to: string): Promise<void> {
    const file = this.#files.get(from)!;
    await this.#done({ kind: 'link', path: to, file }, this.#original.link(from, to));
    this.#files.set(to, file);
  }

  async #unlink(path: string, unlink: () => Promise<void>): Promise<void> {
    if (!this.#files.has(path)) return unlink();
    await this.#done({ kind: 'unlink', path }, unlink());
    this.#files.delete(path);
  }
}
