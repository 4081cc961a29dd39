import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '@lifeboat/kernel';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * The start guard runs these programs as root, so nobody else may be able to exchange them. Looks at each program
 * and all folders above it. Throws USAGE with the place that is open.
 */
export async function demandRootOwned(programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    for (let at = await realpath(program); ; at = path.dirname(at)) {
      const { uid, mode } = await stat(at);
      // In a sticky folder, such as /tmp, nobody can exchange what belongs to another.
      const open = (mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0;
      if (uid !== 0 || open) throw refused(at, program);
      if (at === path.dirname(at)) break;
    }
  }
}

function refused(at: string, program: string): LifeboatError {
  return new LifeboatError(
    'USAGE',
    `${at} can be changed by others than root, and ${program} is run as root`,
    {
      guidance:
        'Install from a checkout of root: chown -R root:root and chmod -R go-w it, for example below /opt.',
    },
  );
}
