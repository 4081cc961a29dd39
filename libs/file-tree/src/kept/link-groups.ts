/** A group of hard links is kept as a whole or not at all: a name brought in anew would be a file of its own. */
export class LinkGroups {
  readonly #groups = new Map<bigint, { inode: bigint | undefined; isBroken: boolean }>();

  /** One more name of the group: kept with this inode, or (undefined) not kept. */
  add(group: bigint | undefined, inode: bigint | undefined): void {
    if (group === undefined) return;
    const known = this.#groups.get(group);
    if (known === undefined) this.#groups.set(group, { inode, isBroken: false });
    else if (known.inode !== inode) known.isBroken = true;
  }

  /** Groups of which some names are kept and some are not, or whose names are several files. */
  broken(): bigint[] {
    return [...this.#groups].filter(([, { isBroken }]) => isBroken).map(([group]) => group);
  }
}
