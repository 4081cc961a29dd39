import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCodeOf } from '@lifeboat/kernel';
import { syncDirectory, writeDurably } from '@lifeboat/runtime';

/** For keys: nobody but the owner. */
export const PRIVATE_FILE_MODE = 0o600;
/** For certificates, which are public. */
export const PUBLIC_FILE_MODE = 0o644;
const PRIVATE_DIRECTORY_MODE = 0o700;

/** Replaces the file as a whole: a reader, or a crash, sees the old text or the new one. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await withTemporary(path, text, mode, (temporary) => rename(temporary, path));
}

/**
 * Makes the file unless it is there and answers what it holds then: of several processes that start at once, one
 * wins and the others take its text.
 */
export async function createFileOnce(path: string, text: string, mode: number): Promise<string> {
  const created = await withTemporary(path, text, mode, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
  });
  return created ? text : await readFile(path, 'utf8');
}

async function withTemporary<T>(
  path: string,
  text: string,
  mode: number,
  publish: (temporary: string) => Promise<T>,
): Promise<T> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeDurably(temporary, text, { mode });
  const published = await publish(temporary);
  await syncDirectory(directory);
  return published;
}
