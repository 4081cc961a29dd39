import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempDir extends AsyncDisposable {
  readonly path: string;
  join(...parts: string[]): string;
  remove(): Promise<void>;
}

/** A fresh directory; `await using dir = await tempDir()` removes it at the end of the block. Others may enter it. */
export async function tempDir(name = 'lifeboat'): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  await chmod(path, 0o755);
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 5 });
  return { path, join: (...parts) => join(path, ...parts), remove, [Symbol.asyncDispose]: remove };
}
