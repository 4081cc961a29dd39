import { readFile } from 'node:fs/promises';
import { systemCodeOf } from '@lifeboat/kernel';

/** A file's text; undefined when there is no such file. Anything else that is wrong is thrown. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
