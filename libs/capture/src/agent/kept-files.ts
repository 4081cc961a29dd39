import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '@lifeboat/kernel';

/** `<stateDir>/manifests`: what an agent keeps of its trees between captures, and the key that it is sealed under. */
export class KeptFiles {
  readonly #directory: string;

  constructor(stateDir: string) {
    this.#directory = join(stateDir, 'manifests');
  }

  /** The file of a tree; whatever else is kept of it has a name that begins so, and goes on with a dot. */
  of(tree: string): string {
    return join(this.#directory, nameOf(tree));
  }

  /** Names behind `of(tree)` and a dot: of the files that are there. */
  suffixesOf(tree: string): string[] {
    const start = `${nameOf(tree)}.`;
    try {
      const names = readdirSync(this.#directory);
      return names.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      return [];
    }
  }

  remove(tree: string, suffix: string): void {
    rmSync(`${this.of(tree)}.${suffix}`, { force: true });
  }

  /** Made when there is none, with its directory. */
  localKey(): Buffer {
    const file = join(this.#directory, '.key');
    try {
      const key = readFileSync(file);
      if (key.length === 32) return key;
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const key = randomBytes(32);
    const temporary = `${file}.${process.pid}.new`;
    writeFileSync(temporary, key, { mode: 0o600 });
    renameSync(temporary, file);
    return key;
  }
}

function nameOf(tree: string): string {
  return encodeURIComponent(tree).replaceAll('.', '%2E');
}
