import type { Dirent } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { systemCodeOf } from '@lifeboat/kernel';
import type { PortalStore } from './portal-store.ts';
import type { StorePlaces } from './store-places.ts';

/** Bytes the portal writes at a time. */
const BUFFER = 8192;

/**
 * FileSystemStore and AdvancedFileSystemStore as the portal has them (DXP facts §2.1, §2.2, §2.5): bytes go straight
 * to the final path, without a temporary name and without fsync; a deletion takes the empty folders above with it.
 */
export class FileSystemStore implements PortalStore {
  private readonly root: string;
  private readonly place: StorePlaces;

  constructor(root: string, place: StorePlaces) {
    this.root = root;
    this.place = place;
  }

  nameOf(path: string): string {
    return this.place.file(path);
  }

  /** In pieces, so that others can see half a file, as they can with the portal. */
  async write(path: string, bytes: Buffer): Promise<void> {
    await this.inFolder(this.nameOf(path), async (target) => {
      const handle = await open(target, 'w');
      try {
        for (let at = 0; at < bytes.length; at += BUFFER)
          await handle.write(bytes, at, Math.min(BUFFER, bytes.length - at));
      } finally {
        await handle.close();
      }
    });
  }

  async copy(from: string, to: string): Promise<void> {
    await this.inFolder(this.nameOf(to), (target) => copyFile(join(this.root, this.nameOf(from)), target));
  }

  async delete(path: string): Promise<void> {
    await unlinkIfThere(join(this.root, this.nameOf(path)));
    await unlinkIfThere(join(this.root, this.nameOf(`${path}.index`)));
    await this.removeEmptyFolders(dirname(this.nameOf(path)));
  }

  async deleteDocument(path: string): Promise<void> {
    const folder = this.place.folder(path);
    await rm(join(this.root, folder), { recursive: true, force: true, maxRetries: 5 });
    await this.removeEmptyFolders(dirname(folder));
  }

  async read(path: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.root, this.nameOf(path)));
    } catch (error) {
      const code = systemCodeOf(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
      return undefined;
    }
  }

  async list(): Promise<string[]> {
    const entries: Dirent[] = await readdir(this.root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.root, join(entry.parentPath, entry.name)));
  }

  /** Another node may remove the folder as empty between its making and the file's. */
  private async inFolder(path: string, work: (target: string) => Promise<void>): Promise<void> {
    const target = join(this.root, path);
    for (let attempt = 1; ; attempt++) {
      try {
        await mkdir(dirname(target), { recursive: true });
        return await work(target);
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOENT' || attempt === 20) throw error;
      }
    }
  }

  private async removeEmptyFolders(path: string): Promise<void> {
    for (let folder = path; folder !== '.' && folder !== '/'; folder = dirname(folder)) {
      try {
        await rmdir(join(this.root, folder));
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOENT') return;
      }
    }
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}
