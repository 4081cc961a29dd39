import { open } from 'node:fs/promises';

export interface WriteDurablyOptions {
  /** wx: a new file, EEXIST when the name is taken, no link followed. w: whatever is there is written over. */
  readonly flag?: 'wx' | 'w';
  readonly mode?: number;
}

/**
 * The file's bytes are on stable storage when it resolves; that its name is too takes `syncDirectory`. A new file with
 * mode 0600 unless said otherwise. Rejects with the system's error.
 */
export async function writeDurably(
  path: string,
  data: string | Uint8Array,
  { flag = 'wx', mode = 0o600 }: WriteDurablyOptions = {},
): Promise<void> {
  const file = await open(path, flag, mode);
  try {
    // The mode given to open is cut by the umask.
    await file.chmod(mode);
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}
