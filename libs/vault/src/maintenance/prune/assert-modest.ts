import { LifeboatError } from '@lifeboat/kernel';

/** The largest part of a vault that goes without a second question. */
const MODEST_SHARE = 0.5;

export interface PruneExtent {
  /** Of all closed packs. */
  readonly totalBytes: number;
  readonly freedBytes: number;
  /** Clusters that lose bytes and have no set left. */
  readonly emptied: readonly string[];
}

/** A prune that would take most of a vault, or all of a cluster, is more often a mistake than meant. CONFLICT. */
export function assertModest({ totalBytes, freedBytes, emptied }: PruneExtent): void {
  const why =
    emptied.length > 0
      ? `cluster ${emptied.join(', ')} has no set left, and all that it had would go`
      : freedBytes > totalBytes * MODEST_SHARE
        ? `${freedBytes} of ${totalBytes} bytes would go`
        : undefined;
  if (why === undefined) return;
  throw new LifeboatError('CONFLICT', `this prune deleted nothing: ${why}`, {
    guidance: 'Look at "lifeboat set list". If it is right, run "lifeboat vault prune --allow-large --yes".',
    context: { totalBytes, freedBytes, emptied },
  });
}
