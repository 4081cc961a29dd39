import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './sync-file.ts';

/** Creates a directory (mode 0700) and those above it that are missing. That they are there is durable when it resolves. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let each = dirname(path); each.length >= dirname(first).length; each = dirname(each)) {
    await syncDirectory(each);
    if (each === dirname(each)) return;
  }
}
