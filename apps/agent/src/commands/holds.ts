import { Hold } from '@lifeboat/capture/agent';
import type { Clock, Log } from '@lifeboat/kernel';
import type { Tree } from '@lifeboat/wire';

/** The holds of this agent, one per tree. They keep watching between sets, so that arming is quick. */
export class Holds {
  readonly #holds = new Map<string, Hold>();
  readonly #owner: string;
  readonly #clock: Clock;
  readonly #log: Log;

  /** @param owner name of this node: several agents hold the same shared store */
  constructor(owner: string, clock: Clock, log: Log) {
    this.#owner = owner;
    this.#clock = clock;
    this.#log = log;
  }

  /** Watches the tree from now on; nothing is held before it is armed. */
  watch(tree: Tree, activeDirectories: readonly string[] = []): Hold {
    const known = this.#holds.get(keyOf(tree));
    if (known !== undefined) return known;
    const hold = Hold.prewatch(
      { tree, owner: this.#owner, clock: this.#clock, log: this.#log },
      activeDirectories,
    );
    this.#holds.set(keyOf(tree), hold);
    return hold;
  }

  async release(tree: Tree): Promise<void> {
    await this.#holds.get(keyOf(tree))?.release();
  }

  async close(): Promise<void> {
    for (const hold of this.#holds.values()) await hold.close();
    this.#holds.clear();
  }
}

function keyOf(tree: Tree): string {
  return JSON.stringify([tree.name, tree.path, tree.excludes]);
}
