import { open } from 'node:fs/promises';

/** The bytes of a file that was written by whatever means are on stable storage when it resolves. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename or creation is durable once its directory is. */
export const syncDirectory = syncFile;
