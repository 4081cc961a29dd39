import { execFile } from 'node:child_process';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { LifeboatError, systemCodeOf, type Log } from '@lifeboat/kernel';

/** How to start a program as the account that the database runs under. */
export interface Account {
  /** Undefined: our own account. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Command and arguments to put before the program's own. */
  readonly prefix: readonly string[];
  /** For `spawn`, where no prefix can change the account. */
  readonly spawnOptions: { readonly uid?: number; readonly gid?: number };
}

const run = promisify(execFile);
const USER = 'postgres';

/**
 * PostgreSQL refuses to run as root; then it runs as user `postgres`, made when absent. Through setpriv, where there
 * is one, it is told to stop when our process dies in whatever way; elsewhere the next start stops it.
 *
 * @param places what the account must be able to reach: the programs and the data directory's parent.
 */
export async function databaseAccount(places: readonly string[], log: Log): Promise<Account> {
  const setpriv = await hasSetpriv();
  if (process.getuid?.() !== 0) {
    return {
      owner: undefined,
      prefix: setpriv ? ['setpriv', '--pdeathsig', 'INT', '--'] : [],
      spawnOptions: {},
    };
  }
  const owner = await databaseOwner(log);
  const closed = await closedAncestors(places);
  const capabilities = closed.length === 0 ? [] : await searchCapability(closed, setpriv, log);
  if (!setpriv) return { owner, prefix: [], spawnOptions: owner };
  const identity = ['--reuid', `${owner.uid}`, '--regid', `${owner.gid}`, '--clear-groups'];
  return {
    owner,
    prefix: ['setpriv', ...identity, ...capabilities, '--pdeathsig', 'INT', '--'],
    spawnOptions: {},
  };
}

async function hasSetpriv(): Promise<boolean> {
  try {
    const { stdout } = await run('setpriv', ['--help']);
    return stdout.includes('--pdeathsig');
  } catch {
    return false; // not installed, or another program of that name: we do without
  }
}

async function databaseOwner(log: Log): Promise<{ uid: number; gid: number }> {
  const known = await idsOf(USER);
  if (known !== undefined) return known;
  log.info({ user: USER }, 'making the account that the embedded PostgreSQL runs under');
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    USER,
  ]);
  const made = await idsOf(USER);
  if (made !== undefined) return made;
  throw new LifeboatError('DATABASE_UNREACHABLE', `the user ${USER} could not be made`, {
    guidance:
      'Make it by hand, run the server under another account than root, or set LIFEBOAT_DATABASE_URL.',
  });
}

async function idsOf(user: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') throw error; // no `id` program: nothing can be said
    return undefined;
  }
}

/** Directories above these places that other accounts may not search, such as /root or what mkdtemp makes. */
async function closedAncestors(places: readonly string[]): Promise<string[]> {
  const closed = new Set<string>();
  for (const place of places) {
    for (let at = await realpath(place); ; at = dirname(at)) {
      const { mode } = await stat(at);
      if ((mode & 0o001) === 0) closed.add(at);
      if (at === dirname(at)) break;
    }
  }
  return [...closed];
}

const CAP_DAC_OVERRIDE = 1n << 1n;
const CAP_DAC_READ_SEARCH = 1n << 2n;

/** Lets the database pass through closed directories instead of opening them to everyone. */
async function searchCapability(closed: readonly string[], setpriv: boolean, log: Log): Promise<string[]> {
  const held = await permittedCapabilities();
  const name =
    (held & CAP_DAC_READ_SEARCH) !== 0n
      ? 'dac_read_search'
      : (held & CAP_DAC_OVERRIDE) !== 0n
        ? 'dac_override'
        : undefined;
  if (!setpriv || name === undefined) {
    throw new LifeboatError(
      'DATABASE_UNREACHABLE',
      `the user ${USER} cannot reach the embedded database's files`,
      {
        guidance: `Let it pass: chmod o+x ${closed.join(' ')}`,
        context: { closed },
      },
    );
  }
  log.info({ closed, capability: name }, 'the embedded PostgreSQL passes through closed directories');
  return [`--inh-caps=-all,+${name}`, `--ambient-caps=-all,+${name}`];
}

async function permittedCapabilities(): Promise<bigint> {
  const status = await readFile('/proc/self/status', 'utf8');
  const [, mask = '0'] = /^CapPrm:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  return BigInt(`0x${mask}`);
}
