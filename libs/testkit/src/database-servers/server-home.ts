import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unprivileged } from './unprivileged.ts';

/** The directory a server lives in, owned by the account that the server runs as. */
export interface ServerHome {
  readonly dir: string;
  /** We made it, so we remove it. */
  readonly temporary: boolean;
  readonly password: string;
}

export async function openServerHome(kind: string, dir: string | undefined): Promise<ServerHome> {
  const home = dir ?? (await mkdtemp(join(tmpdir(), `lifeboat-${kind}-`)));
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (unprivileged !== undefined) await chown(home, unprivileged.uid, unprivileged.gid);
  return { dir: home, temporary: dir === undefined, password: await passwordOf(join(home, 'password')) };
}

async function passwordOf(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    const password = randomBytes(18).toString('base64url');
    await writeFile(file, password, { mode: 0o600 });
    if (unprivileged !== undefined) await chown(file, unprivileged.uid, unprivileged.gid);
    return password;
  }
}
