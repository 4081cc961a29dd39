import { copyFile, mkdir, open, readdir, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '@lifeboat/kernel';

/** Bytes the portal writes at a time. */
const BUFFER = 8192;

/**
 * FileSystemStore as the portal has it (DXP facts §2.1, §2.5): bytes go straight to the final path, without a
 * temporary name and without fsync; a deletion takes the empty folders above with it.
 */
export class FileSystemStore {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** In pieces, so that others can see half a file, as they can with the portal. */
  async write(path: string, bytes: Buffer): Promise<void> {
    await this.inFolder(path, async (target) => {
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
    await this.inFolder(to, (target) => copyFile(join(this.root, from), target));
  }

  async delete(path: string): Promise<void> {
    await unlinkIfThere(join(this.root, path));
    await unlinkIfThere(join(this.root, `${path}.index`));
    await this.removeEmptyFolders(dirname(path));
  }

  /** A document with all its versions. */
  async deleteFolder(path: string): Promise<void> {
    await rm(join(this.root, path), { recursive: true, force: true, maxRetries: 5 });
    await this.removeEmptyFolders(dirname(path));
  }

  async list(path: string): Promise<string[]> {
    try {
      return await readdir(join(this.root, path));
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return [];
      throw error;
    }
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

/** Writes files fast, for making a store; folders are made once. */
export class StoreWriter {
  private readonly made = new Set<string>();
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async write(path: string, bytes: Buffer): Promise<void> {
    const target = join(this.root, path);
    const folder = dirname(target);
    if (!this.made.has(folder)) {
      await mkdir(folder, { recursive: true });
      this.made.add(folder);
    }
    await writeFile(target, bytes);
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}
