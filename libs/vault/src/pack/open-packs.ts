import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid, systemCodeOf, uuidToBytes, type ClusterId, type PackName } from '@lifeboat/kernel';
import { makeDirectory, syncDirectory } from '@lifeboat/runtime';
import type { FrameContext } from '@lifeboat/vault-format';
import type { OpenPack } from './open-pack.ts';

const SUFFIX = '.open';

/** The directory of open packs and those that this process holds. Files are named `<cluster>.<uuid>.open`. */
export class OpenPacks {
  readonly directory: string;
  readonly #held = new Map<string, OpenPack>();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(workDir: string): Promise<OpenPacks> {
    const directory = join(workDir, 'open-packs');
    await makeDirectory(directory);
    // Also of one that was there: who made it may have been killed before this, and all that is acknowledged will lie in it.
    await syncDirectory(workDir);
    return new OpenPacks(directory);
  }

  newFile(cluster: ClusterId): string {
    return `${cluster}.${randomUUID()}${SUFFIX}`;
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  /** Where the name of a pack that is just being moved into the store is noted, so that a crash then is understood. */
  intentPath(file: string): string {
    return `${this.path(file)}.name`;
  }

  /** The noted name, if a pack of that file is just being moved or a stop has interrupted that. */
  async intendedName(file: string): Promise<PackName | undefined> {
    const text = await readFile(this.intentPath(file), 'utf8').catch((thrown: unknown) => {
      if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
      return '';
    });
    return /^[0-9a-f]{64}$/.test(text) ? (text as PackName) : undefined;
  }

  /** Every open pack's file on disk, and every one that only an intent tells of. */
  async files(): Promise<{ file: string; cluster: ClusterId }[]> {
    const names = new Set((await readdir(this.directory)).map((name) => name.replace(/\.name$/, '')));
    return [...names].sort().flatMap((file) => {
      const cluster = file.slice(0, file.indexOf('.'));
      return file.endsWith(SUFFIX) && isUuid(cluster) ? [{ file, cluster: cluster as ClusterId }] : [];
    });
  }

  hold(pack: OpenPack): void {
    this.#held.set(pack.file, pack);
  }

  letGo(pack: OpenPack): void {
    if (this.#held.get(pack.file) === pack) this.#held.delete(pack.file);
  }

  held(file: string): OpenPack | undefined {
    return this.#held.get(file);
  }
}

export function frameContext(vault: string, cluster: string): FrameContext {
  return { vault: uuidToBytes(vault), cluster: uuidToBytes(cluster) };
}
