import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { systemCodeOf } from '@lifeboat/kernel';

const execute = promisify(execFile);

export interface Client {
  readonly program: string;
  /** As the program tells it, e.g. `15.18` or `10.11.19-MariaDB`. */
  readonly version: string;
  readonly major: number;
  /** First line of `--version`. */
  readonly banner: string;
}

/** Every runnable program called one of `names` on the path and in Debian's version directories, in that order. */
export async function findClients(names: readonly string[], path: string): Promise<Client[]> {
  const directories = [
    ...path.split(delimiter).filter((part) => part !== ''),
    ...(await versionDirectories()),
  ];
  const clients: Client[] = [];
  for (const program of new Set(directories.flatMap((dir) => names.map((name) => join(dir, name))))) {
    const client = await clientAt(program);
    if (client !== undefined) clients.push(client);
  }
  return clients;
}

/** The smallest major that is not below `minimum`: a newer client may write what an older server refuses. */
export function chooseClient(clients: readonly Client[], minimum: number): Client | undefined {
  return clients.filter(({ major }) => major >= minimum).sort((a, b) => a.major - b.major)[0];
}

async function clientAt(program: string): Promise<Client | undefined> {
  try {
    await access(program, constants.X_OK);
  } catch {
    return undefined;
  }
  try {
    const { stdout } = await execute(program, ['--version'], { timeout: 10_000 });
    return parseBanner(program, stdout.split('\n')[0] ?? '');
  } catch (thrown) {
    // A program that cannot tell its version cannot be trusted with a dump either; one that vanished is none.
    if (systemCodeOf(thrown) === 'ENOENT') return undefined;
    return undefined;
  }
}

/** `pg_dump (PostgreSQL) 15.18`, `mariadb-dump from 11.4…`, `mysqldump  Ver 10.19 Distrib 10.11.19-MariaDB`. */
export function parseBanner(program: string, banner: string): Client | undefined {
  const version =
    /Distrib ([0-9][^, ]*)/.exec(banner)?.[1] ??
    /(?:from|\(PostgreSQL\)) ([0-9][^, ]*)/.exec(banner)?.[1] ??
    /Ver ([0-9][^, ]*)/.exec(banner)?.[1];
  const major = Number(version?.match(/^\d+/)?.[0]);
  return version === undefined || !Number.isFinite(major) ? undefined : { program, version, major, banner };
}

/** `/usr/lib/postgresql/<major>/bin`: the `pg_dump` on Debian's path is a wrapper that may choose another version. */
async function versionDirectories(): Promise<string[]> {
  const root = '/usr/lib/postgresql';
  try {
    return (await readdir(root)).map((version) => join(root, version, 'bin'));
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
