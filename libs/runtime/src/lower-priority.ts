import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import os from 'node:os';
import process from 'node:process';
import { promisify } from 'node:util';

const BEST_EFFORT = '2';
const LAST = '7';

/**
 * Lets every other process go first, at the processor (nice 10) and at the disk (best effort, last), for good: only root
 * can take it back. Both belong to threads on Linux: those that run are lowered one by one, those that come, and child
 * processes, inherit it. The class "idle" would let a busy neighbour hold up a set's fence for as long as it likes.
 *
 * @returns what could not be lowered, for people; undefined when all was
 */
export async function lowerPriority(): Promise<string | undefined> {
  const nice = os.constants.priority.PRIORITY_BELOW_NORMAL;
  if (process.platform !== 'linux') {
    os.setPriority(nice);
    return 'the priority at the disk: Linux alone has one';
  }
  // This one first: whatever begins from now on inherits it.
  os.setPriority(nice);
  const threads = await readdir('/proc/self/task');
  for (const thread of threads) setPriorityIfThere(Number(thread), nice);
  try {
    // util-linux; Node has no call for it.
    await promisify(execFile)('ionice', ['--ignore', '-c', BEST_EFFORT, '-n', LAST, '-p', ...threads]);
    return undefined;
  } catch (error) {
    return `the priority at the disk: ${String(error)}`;
  }
}

/** A thread may have ended since it was listed. */
function setPriorityIfThere(thread: number, nice: number): void {
  try {
    os.setPriority(thread, nice);
  } catch (error) {
    const { code, info } = error as NodeJS.ErrnoException & { info?: { code?: string } };
    if (code !== 'ERR_SYSTEM_ERROR' || info?.code !== 'ESRCH') throw error;
  }
}
