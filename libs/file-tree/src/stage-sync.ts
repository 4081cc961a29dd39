import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fsyncSync, lstatSync, openSync, readdirSync } from 'node:fs';
import type { BytePath } from './byte-path.ts';
import type { SafeDirectory } from './safe-directory.ts';
import { forFileSystem } from './byte-path.ts';
import { Pace } from './stage-pace.ts';

/**
 * Makes everything written below a directory durable: one syncfs (coreutils' `sync -f`, which reports write-back
 * errors since Linux 5.8) instead of one fsync per file, which on 100,000 small files takes minutes. Where that
 * command is missing or fails, file by file.
 */
export async function syncTree(directory: SafeDirectory): Promise<void> {
  if (!(await syncFileSystem(directory))) await syncEach(directory.path(''), new Pace());
}

/** Makes everything on the file system of a directory durable. False when there is no command that does. */
export async function syncFileSystem(directory: SafeDirectory): Promise<boolean> {
  const fd = openSync(directory.at(''), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const child = spawn('sync', ['-f', '/proc/self/fd/0'], { stdio: [fd, 'ignore', 'ignore'] });
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0;
  } catch {
    // Not to be spawned: the caller's slow way is as good.
    return false;
  } finally {
    closeSync(fd);
  }
}

async function syncEach(path: BytePath, pace: Pace): Promise<void> {
  for (const name of readdirSync(forFileSystem(path), { encoding: 'latin1' })) {
    const child = `${path}/${name}`;
    const stat = lstatSync(forFileSystem(child));
    if (stat.isDirectory()) await syncEach(child, pace);
    else if (stat.isFile()) syncOne(child);
    await pace.breathe();
  }
  syncOne(path);
}

function syncOne(path: BytePath): void {
  const fd = openSync(forFileSystem(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(directory: SafeDirectory): void {
  const fd = openSync(directory.at(''), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
