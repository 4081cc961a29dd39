import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';

/**
 * Makes this process the only one that writes journals below `directory`: `decide` on the command line must not step
 * beside a running agent. Ends with the process; what a dead one left behind does not count. Throws CONFLICT.
 */
export function ownJournals(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'owner');
  const self = identityOf(process.pid);
  for (;;) {
    try {
      writeFileSync(file, self, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
    }
    const owner = readFileSync(file, 'utf8');
    if (owner === self) return;
    const pid = Number(owner.split(' ')[0]);
    if (pid > 0 && identityOf(pid) === owner) {
      throw new LifeboatError('CONFLICT', `process ${pid} is already at work on the restores of this node`, {
        guidance: 'Stop the agent first (or let the server send the command to it).',
      });
    }
    rmSync(file, { force: true });
  }
}

/** Number and start time: a number alone is given out again. '' when there is no such process. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22 of proc_pid_stat(5); the name in parentheses (field 2) may hold anything, so count from behind it.
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ESRCH') return '';
    throw error;
  }
}
