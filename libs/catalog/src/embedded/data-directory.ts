import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LifeboatError, type Log } from '@lifeboat/kernel';
import { readIfThere, syncDirectory, writeDurably } from '@lifeboat/runtime';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

const run = promisify(execFile);

export const SUPERUSER = 'lifeboat';
const MAJOR_VERSION = '18';

/** What the database's programs see: nothing of our environment, which may hold secrets. */
export const PROGRAM_ENVIRONMENT = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The data directory's password, after making the directory when it is absent. It is made under another name and
 * renamed, so that a crash half-way leaves nothing that looks finished.
 *
 * @throws FORMAT_UNSUPPORTED when another major release of PostgreSQL made it; KEY_MISSING when its password is lost.
 */
export async function prepareDataDirectory(
  dataDir: string,
  programs: { binaries: Binaries; account: Account },
  log: Log,
): Promise<string> {
  const passwordFile = `${dataDir}.password`;
  const version = (await readIfThere(join(dataDir, 'PG_VERSION')))?.trim();
  const kept = (await readIfThere(passwordFile))?.trim();
  if (version === undefined) {
    const password = kept || randomBytes(24).toString('base64url');
    if (!kept) await writeDurably(passwordFile, `${password}\n`, { flag: 'w' });
    await initialise(dataDir, password, programs);
    log.info({ dataDir, version: MAJOR_VERSION }, 'embedded PostgreSQL initialised');
    return password;
  }
  if (version !== MAJOR_VERSION) {
    throw new LifeboatError('FORMAT_UNSUPPORTED', `${dataDir} was made by PostgreSQL ${version}`, {
      guidance: `This release brings PostgreSQL ${MAJOR_VERSION}. Move the directory away and run \`lifeboat vault reindex\`.`,
    });
  }
  if (!kept) {
    throw new LifeboatError(
      'KEY_MISSING',
      `the password of the embedded database is not in ${passwordFile}`,
      {
        guidance: 'Put the file back, or move the data directory away and run `lifeboat vault reindex`.',
      },
    );
  }
  return kept;
}

async function initialise(
  dataDir: string,
  password: string,
  { binaries, account }: { binaries: Binaries; account: Account },
): Promise<void> {
  const unfinished = `${dataDir}.new`;
  const passwordCopy = `${dataDir}.initdb-password`;
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordCopy, { force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  try {
    await writeFile(passwordCopy, password, { mode: 0o600, flag: 'wx' });
    if (account.owner !== undefined) {
      const { uid, gid } = account.owner;
      await Promise.all([unfinished, passwordCopy].map((path) => chown(path, uid, gid)));
    }
    const [command = binaries.initdb, ...rest] = [...account.prefix, binaries.initdb];
    await run(command, [...rest, ...initdbArguments(unfinished, passwordCopy)], {
      ...account.spawnOptions,
      env: PROGRAM_ENVIRONMENT,
      cwd: '/',
    });
  } catch (error) {
    throw new LifeboatError('DATABASE_UNREACHABLE', `initdb could not make ${dataDir}`, {
      guidance: 'See the cause; mostly the disk is full or the directory cannot be reached.',
      cause: error,
    });
  } finally {
    await rm(passwordCopy, { force: true });
  }
  await rename(unfinished, dataDir);
  await syncDirectory(dirname(dataDir));
}

/** The built-in locale gives the same order of names on every machine and with every C library. */
function initdbArguments(dataDir: string, passwordFile: string): string[] {
  return [
    `--pgdata=${dataDir}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
}
