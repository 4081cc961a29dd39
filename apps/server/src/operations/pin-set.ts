import type { Services } from '@lifeboat/coordination';
import { LifeboatError, type SetId } from '@lifeboat/kernel';
import { isPinned, type Pin } from '@lifeboat/model';

import { requests } from './set-operations.ts';

/** A pin in place of another must hold as long, unless the caller may take pins away. */
export async function pinSet(
  { catalog, vault, clock }: Services,
  set: SetId,
  asked: Pick<Pin, 'reason' | 'by' | 'until'>,
  mayUnpin: boolean,
): Promise<void> {
  const at = clock.now();
  if (asked.until !== null && asked.until <= at) {
    throw new LifeboatError('USAGE', 'this pin would have ended already', {
      guidance: 'Give a time that is to come, or none: it then holds until it is taken away.',
    });
  }
  await requests.run(async () => {
    const row = await catalog.sets.get(set);
    if (row === undefined || row.sequence === null) {
      throw new LifeboatError('CONFLICT', `set ${set} is not there as a sealed set: only such are pinned`, {
        guidance: 'lifeboat set list shows the sets.',
      });
    }
    const before = (await catalog.retention.pinOf(set)) ?? null;
    if (!mayUnpin && before !== null && isPinned(before, at) && endOf(before) > endOf(asked)) {
      throw new LifeboatError('CONFLICT', `set ${set} is pinned for longer: ${before.reason}`, {
        guidance: 'Only an administrator shortens a pin.',
      });
    }
    await record(vault, set, { ...asked, at });
    await catalog.retention.pin(set, { ...asked, at });
  });
}

export async function unpinSet({ catalog, vault }: Services, set: SetId): Promise<void> {
  await requests.run(async () => {
    if ((await catalog.retention.pinOf(set)) === undefined) {
      throw new LifeboatError('NOT_FOUND', `set ${set} is not pinned`);
    }
    await record(vault, set, null);
    await catalog.retention.unpin(set);
  });
}

/** What a reindex brings back. */
async function record(vault: Services['vault'], set: SetId, pin: Pin | null): Promise<void> {
  const recorded = pin && { ...pin, at: pin.at.toISOString(), until: pin.until?.toISOString() ?? null };
  await vault.putControl(`pins/${set}`, { set, pin: recorded });
}

function endOf({ until }: Pick<Pin, 'until'>): number {
  return until?.getTime() ?? Infinity;
}
