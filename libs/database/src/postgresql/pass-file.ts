import type { DatabaseTarget } from '../database-target.ts';
import { writeSecretFile } from '../secret-file.ts';

export interface ClientPassword {
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** The password for libpq's programs, by file: `PGPASSWORD` could be read from /proc by the same account. */
export async function passFile(target: DatabaseTarget, tempDir: string): Promise<ClientPassword> {
  const password = target.password.replaceAll(/[\\:]/g, (special) => `\\${special}`);
  const file = await writeSecretFile(tempDir, `*:*:*:*:${password}\n`);
  return {
    env: { PGPASSFILE: file.path, PGCONNECT_TIMEOUT: '15', PGAPPNAME: 'lifeboat' },
    remove: () => file.remove(),
  };
}
