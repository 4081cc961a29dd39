import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file only we can read, for a password that must appear in no argument list and no environment. */
export interface SecretFile {
  readonly path: string;
  remove(): Promise<void>;
}

export async function writeSecretFile(tempDir: string, text: string): Promise<SecretFile> {
  await mkdir(tempDir, { recursive: true, mode: 0o700 });
  const path = join(tempDir, `client-${randomBytes(8).toString('hex')}`);
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  return { path, remove: () => rm(path, { force: true }) };
}
