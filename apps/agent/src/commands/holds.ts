import { Hold } from '@lifeboat/capture/agent';
import type { Clock, Log } from '@lifeboat/kernel';
import type { ArmHoldResult, Tree } from '@lifeboat/wire';

/** A hold that is armed for longer belongs to a server that is gone. */
const LONGEST_FENCE_MILLIS = 10 * 60_000;

/** The holds of this agent, one per tree. They keep watching between sets, so that arming is quick. */
export class Holds {
  readonly #holds = new Map<string, Hold>();
  readonly #owner: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #armedAt = Number.NEGATIVE_INFINITY;

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

  /** Holds from now on what changes in the tree: a fence is up. */
  async arm(tree: Tree, epoch: string, activeDirectories: readonly string[]): Promise<ArmHoldResult> {
    this.#armedAt = this.#clock.monotonic();
    return this.watch(tree, activeDirectories).arm(epoch, activeDirectories);
  }

  /** Something is held: a set waits for what this node sends. */
  get isFenceUp(): boolean {
    if (this.#clock.monotonic() - this.#armedAt > LONGEST_FENCE_MILLIS) return false;
    return [...this.#holds.values()].some(({ isArmed }) => isArmed);
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
