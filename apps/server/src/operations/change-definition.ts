import type { ClusterRow } from '@lifeboat/catalog';
import type { Services } from '@lifeboat/coordination';
import type { ClusterId } from '@lifeboat/kernel';
import { assertSchedule, type ClusterDefinition } from '@lifeboat/model';
import { Semaphore } from '@lifeboat/runtime';

/** One change after the other: each begins with what the one before has left. */
const changes = new Semaphore(1);

export interface ChangedDefinition {
  readonly before: ClusterRow | undefined;
  readonly after: ClusterRow;
}

/**
 * Makes or changes what a cluster is, in the catalog and in the vault. A schedule that is new begins now: nothing before
 * was missed. `change` is given what there is.
 */
export function changeDefinition(
  { catalog, vault, clock, newId }: Services,
  name: string,
  change: (before: ClusterDefinition | undefined) => ClusterDefinition,
): Promise<ChangedDefinition> {
  return changes.run(async () => {
    const before = await catalog.clusters.byName(name);
    // What is undefined was taken away: records of the vault know no such thing.
    const definition = JSON.parse(JSON.stringify(change(before?.definition))) as ClusterDefinition;
    const { schedule } = definition;
    if (schedule !== undefined) assertSchedule(schedule, clock.now());
    const after = await catalog.clusters.apply(before?.id ?? (newId() as ClusterId), definition);
    await vault.putControl(`clusters/${after.id}`, { id: after.id, definition });
    if (schedule === undefined) await catalog.schedules.remove(after.id);
    else if (JSON.stringify(schedule) !== JSON.stringify(before?.definition.schedule))
      await catalog.schedules.begin(after.id, clock.now());
    return { before, after };
  });
}

/** A `cluster.yaml` that says nothing of schedule or retention leaves them as they are. */
export function withWhatIsUnsaid(
  said: ClusterDefinition,
  before: ClusterDefinition | undefined,
): ClusterDefinition {
  const { schedule = before?.schedule, retention = before?.retention } = said;
  return { ...said, ...(schedule && { schedule }), ...(retention && { retention }) };
}
