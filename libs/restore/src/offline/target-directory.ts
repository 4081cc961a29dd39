import { mkdirSync, realpathSync, renameSync } from 'node:fs';
import { bytePath, openOwnFolder, removeOwnFolder, SafeDirectory, STAGED_TREE } from '@lifeboat/file-tree';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';

const STAGE = 'stage-offline';

/**
 * Where trees are restored to: a directory of our own making, or one that was empty. A tree is built in a private folder in
 * it and then moved to its name as a whole, so what has a name there is complete.
 */
export class TargetDirectory {
  readonly #root: SafeDirectory;

  private constructor(root: SafeDirectory) {
    this.#root = root;
  }

  /** CONFLICT when something is in it already. */
  static open(path: string): TargetDirectory {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const root = SafeDirectory.open(bytePath(realpathSync(path)));
    if (root.names().length === 0) return new TargetDirectory(root);
    root.close();
    throw new LifeboatError('CONFLICT', `${path} is not empty`, {
      guidance: 'Name a directory that is empty or not there yet: nothing is ever written over.',
    });
  }

  /** Calls `build` with the private folder; what it builds there as `tree` becomes `name`, of the form NODE/TREE. */
  async receive<T>(name: string, build: (stage: SafeDirectory) => Promise<T>): Promise<T> {
    const stage = openOwnFolder(this.#root, STAGE);
    try {
      const built = await build(stage);
      this.#publish(stage, name);
      return built;
    } finally {
      stage.close();
      await removeOwnFolder(this.#root, STAGE);
    }
  }

  close(): void {
    this.#root.close();
  }

  #publish(stage: SafeDirectory, name: string): void {
    const [node = '', tree = ''] = name.split('/');
    makeDirectory(this.#root, node);
    const parent = this.#root.child(node);
    try {
      renameSync(stage.at(STAGED_TREE), parent.at(tree));
    } finally {
      parent.close();
    }
  }
}

function makeDirectory(parent: SafeDirectory, name: string): void {
  try {
    mkdirSync(parent.at(name), { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}
