import type { DatabaseTarget } from '../database-target.ts';
import { writeSecretFile, type SecretFile } from '../secret-file.ts';

/** Connection of a client program by option file, so that the password is in no argument list or environment. */
export function optionFile(target: DatabaseTarget, tempDir: string): Promise<SecretFile> {
  const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return writeSecretFile(
    tempDir,
    [
      '[client]',
      `host=${quoted(target.host)}`,
      `port=${target.port}`,
      'protocol=tcp',
      `user=${quoted(target.user)}`,
      `password=${quoted(target.password)}`,
      '',
    ].join('\n'),
  );
}
