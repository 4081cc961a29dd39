import { open, type FileHandle } from 'node:fs/promises';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';

const OTHERS = 0o077;
const MAX_BYTES = 1 << 20;

/** The text of a file that holds a secret. NOT_FOUND; KEY_EXPOSED when its group or others have any right to it. */
export async function readPrivateFile(path: string): Promise<string> {
  const file = await openThere(path);
  try {
    const { mode, size } = await file.stat();
    if ((mode & OTHERS) !== 0) {
      throw new LifeboatError('KEY_EXPOSED', `${path} can be read or changed by others than its owner`, {
        guidance: `Run "chmod 600 ${path}", and ask who may have read it.`,
      });
    }
    if (size > MAX_BYTES) throw new LifeboatError('FORMAT_DAMAGED', `${path} is too large to hold a key`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function openThere(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    throw new LifeboatError('NOT_FOUND', `there is no file ${path}`, { cause: error });
  }
}
