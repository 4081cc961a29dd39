import type { PruneBegin, RipeOf, SweptPrune } from '@lifeboat/catalog';
import type { ClusterId } from '@lifeboat/kernel';

/**
 * Whose tombstones count: prunes that had set all of theirs before this one began and before anything that still goes
 * on in the cluster had begun, and at least the grace ago. The first two are told by the order of events; the clock
 * can only make it later.
 */
export function ripePrunes(
  earlier: readonly SweptPrune[],
  before: bigint,
  { now, graceMillis }: { readonly now: Date; readonly graceMillis: number },
): number[] {
  return earlier
    .filter(({ swept, sweptAt }) => swept < before && sweptAt.getTime() + graceMillis <= now.getTime())
    .map(({ id }) => id);
}

/** For each cluster: a set or restore that goes on holds back what was found dead since it began. */
export function ripeByCluster(
  begin: Pick<PruneBegin, 'began' | 'earlier' | 'unfinished'>,
  time: { readonly now: Date; readonly graceMillis: number },
): RipeOf {
  const known = new Map<ClusterId, readonly number[]>();
  return (cluster) => {
    const found = known.get(cluster) ?? ripePrunes(begin.earlier, holdOf(begin, cluster), time);
    known.set(cluster, found);
    return found;
  };
}

function holdOf({ began, unfinished }: Pick<PruneBegin, 'began' | 'unfinished'>, cluster: ClusterId): bigint {
  return unfinished
    .filter((each) => each.cluster === cluster)
    .reduce((first, each) => (each.began < first ? each.began : first), began);
}
