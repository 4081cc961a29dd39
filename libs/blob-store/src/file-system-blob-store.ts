import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, copyFile, link, mkdir, open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { systemCodeOf } from '@lifeboat/kernel';
import { makeDirectory, syncDirectory, syncFile, writeDurably } from '@lifeboat/runtime';
import { checkBlobName } from './blob-name.ts';
import {
  blobExists,
  blobNotFound,
  isNoSpace,
  isWriteRefused,
  vaultFull,
  writeRefused,
} from './blob-errors.ts';
import type { BlobEntry, BlobSource, BlobStore } from './blob-store.ts';

/** No blob name has a segment that begins with a dot, so these can never be taken for one. */
const TEMPORARY = '.put-';
const READ_SIZE = 1024 * 1024;

/**
 * Blobs as files below one directory, with their own names: a vault can be looked through with ls and sha256sum.
 * Commit is link(2), which fails when the name is taken and shows the whole file or nothing.
 */
export class FileSystemBlobStore implements BlobStore {
  readonly root: string;
  /** Directories whose names were synced by this process. */
  readonly #durable = new Set<string>();

  private constructor(root: string) {
    this.root = root;
  }

  /** Creates the directory (mode 0700) when it is not there. */
  static async open(root: string): Promise<FileSystemBlobStore> {
    await makeDirectory(root);
    return new FileSystemBlobStore(root);
  }

  async put(name: string, source: BlobSource): Promise<void> {
    const target = this.#path(name);
    try {
      await this.#ensureDirectory(dirname(target));
      if (Buffer.isBuffer(source)) await this.#putBytes(target, source);
      else await this.#putFile(target, source.file);
      await syncDirectory(dirname(target));
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'EEXIST') throw blobExists(name);
      throw this.#writeError(thrown);
    }
  }

  async get(name: string): Promise<Buffer> {
    return this.#opened(name, async (file) => file.readFile());
  }

  async read(name: string, offset: number, length: number, into?: Buffer): Promise<Buffer> {
    return this.#opened(name, async (file) => {
      const room = Math.max(0, Math.min(length, (await file.stat()).size - offset));
      const bytes = into?.subarray(0, room) ?? Buffer.allocUnsafe(room);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    });
  }

  async size(name: string): Promise<number | undefined> {
    try {
      return (await stat(this.#path(name))).size;
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const name of this.#names(folder)) {
      if (!name.startsWith(prefix)) continue;
      const size = await this.size(name);
      if (size !== undefined) yield { name, size };
    }
  }

  async delete(name: string): Promise<void> {
    const path = this.#path(name);
    try {
      await rm(path, { force: true });
      await syncDirectory(dirname(path)).catch(ignoreMissing);
    } catch (thrown) {
      throw this.#writeError(thrown);
    }
  }

  stream(name: string): Readable {
    return Readable.from(this.#pieces(name), { objectMode: false });
  }

  fileOf(name: string): string {
    return this.#path(name);
  }

  #writeError(thrown: unknown): unknown {
    if (isNoSpace(thrown)) return vaultFull(this.root, thrown);
    return isWriteRefused(thrown) ? writeRefused(this.root, thrown) : thrown;
  }

  async *#pieces(name: string): AsyncGenerator<Buffer> {
    try {
      yield* createReadStream(this.#path(name), { highWaterMark: READ_SIZE });
    } catch (thrown) {
      throw systemCodeOf(thrown) === 'ENOENT' ? blobNotFound(name, thrown) : thrown;
    }
  }

  async #opened<T>(name: string, use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
    const file = await open(this.#path(name), 'r').catch((thrown: unknown) => {
      throw systemCodeOf(thrown) === 'ENOENT' ? blobNotFound(name, thrown) : thrown;
    });
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  async #putBytes(target: string, bytes: Buffer): Promise<void> {
    const temporary = join(dirname(target), TEMPORARY + randomUUID());
    try {
      await writeDurably(temporary, bytes);
      await link(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** On the same file system no byte is written twice. */
  async #putFile(target: string, file: string): Promise<void> {
    await syncFile(file);
    try {
      await link(file, target);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'EXDEV') throw thrown;
      await this.#copyFile(target, file);
    }
    await syncDirectory(dirname(target));
    await unlink(file);
  }

  async #copyFile(target: string, file: string): Promise<void> {
    const temporary = join(dirname(target), TEMPORARY + randomUUID());
    try {
      await copyFile(file, temporary);
      await syncFile(temporary);
      await link(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /**
   * That a directory is there must be durable too, up to the root: of each once, whoever made it, since another put
   * may have made it just now, or a process that was killed before it synced.
   */
  async #ensureDirectory(directory: string): Promise<void> {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 }).catch(async (thrown: unknown) => {
      // Of a file system that is read-only mkdir says ENOENT, and this says it.
      await access(this.root, constants.W_OK);
      throw thrown;
    });
    if (made === undefined && this.#durable.has(directory)) return;
    for (let each = dirname(directory); each.length >= this.root.length; each = dirname(each))
      await syncDirectory(each);
    this.#durable.add(directory);
  }

  async *#names(folder: string): AsyncGenerator<string> {
    const entries = await readdir(join(this.root, folder), { withFileTypes: true }).catch(ignoreMissing);
    if (entries === undefined) return;
    // In order of whole names: a directory sorts as if its name ended with '/'.
    const keyed = entries.map((entry) => ({
      entry,
      key: entry.isDirectory() ? `${entry.name}/` : entry.name,
    }));
    for (const { entry, key } of keyed.sort((a, b) => (a.key < b.key ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) yield* this.#names(folder + key);
      else if (entry.isFile()) yield folder + key;
    }
  }

  #path(name: string): string {
    return join(this.root, checkBlobName(name));
  }
}

function ignoreMissing(thrown: unknown): undefined {
  if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
  return undefined;
}
