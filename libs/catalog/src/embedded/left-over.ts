import { realpath, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LifeboatError, systemCodeOf, type Log } from '@lifeboat/kernel';
import { readIfThere } from '@lifeboat/runtime';
import { nameOfProcess, startOfProcess, workingDirectoryOf } from './process-table.ts';

const POLL = 50;
/** A fast shutdown writes a checkpoint first; an immediate one leaves it to the next start. */
const FAST_LIMIT = 20_000;
const IMMEDIATE_LIMIT = 20_000;

/**
 * Takes a data directory for this process.
 *
 * @throws CONFLICT while a living process, this one included, has it.
 */
export async function takeOwnership(dataDir: string): Promise<void> {
  const owner = await readOwner(dataDir);
  if (owner !== undefined && (await startOfProcess(owner.pid)) === owner.start) {
    throw new LifeboatError('CONFLICT', `process ${owner.pid} uses the embedded database in ${dataDir}`, {
      guidance: 'Only one lifeboat-server may use a data directory. Stop the other one first.',
    });
  }
  const self = { pid: process.pid, start: await startOfProcess(process.pid) };
  await writeFile(ownerFile(dataDir), `${JSON.stringify(self)}\n`, { mode: 0o600 });
}

export async function giveUpOwnership(dataDir: string): Promise<void> {
  await unlink(ownerFile(dataDir)).catch((error: unknown) => {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  });
}

/**
 * Stops the server that a killed process of ours has left running on this data directory, and clears away a pid file
 * that names some other living process, at which PostgreSQL would refuse to start.
 */
export async function stopLeftOver(dataDir: string, log: Log): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const pid = Number((await readIfThere(pidFile))?.split('\n', 1)[0] ?? 0);
  if (!Number.isSafeInteger(pid) || pid <= 1 || (await startOfProcess(pid)) === undefined) return;
  if (!(await isPostgresOf(pid, dataDir))) {
    log.warn(
      { pid },
      'removing the pid file of a database that is gone: its number belongs to another process',
    );
    await unlink(pidFile);
    return;
  }
  log.warn({ pid }, 'stopping an embedded PostgreSQL that was left running');
  if (await stop(pid, dataDir, 'SIGINT', FAST_LIMIT)) return;
  if (await stop(pid, dataDir, 'SIGQUIT', IMMEDIATE_LIMIT)) return;
  throw new LifeboatError(
    'DATABASE_UNREACHABLE',
    `the PostgreSQL left running as process ${pid} does not stop`,
    {
      guidance: `Find out what holds it (disk?), stop it (kill -QUIT ${pid}) and start again.`,
    },
  );
}

async function stop(
  pid: number,
  dataDir: string,
  signal: 'SIGINT' | 'SIGQUIT',
  limit: number,
): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCodeOf(error) !== 'ESRCH') throw error;
  }
  for (let waited = 0; waited < limit; waited += POLL) {
    if (!(await isPostgresOf(pid, dataDir))) return true;
    await sleep(POLL);
  }
  return false;
}

/** A postgres process works in its data directory, whatever the command line said. */
async function isPostgresOf(pid: number, dataDir: string): Promise<boolean> {
  const [name, directory] = await Promise.all([nameOfProcess(pid), workingDirectoryOf(pid)]);
  return name === 'postgres' && directory === (await realpath(dataDir));
}

async function readOwner(dataDir: string): Promise<{ pid: number; start: string } | undefined> {
  const text = await readIfThere(ownerFile(dataDir));
  const match = /^\{"pid":(\d+),"start":"(\d+)"\}$/.exec(text?.trim() ?? '');
  // Half a file, from a crash while it was written: that owner is dead.
  return match === null ? undefined : { pid: Number(match[1]), start: match[2]! };
}

function ownerFile(dataDir: string): string {
  return `${dataDir}.owner`;
}
