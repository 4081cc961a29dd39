import type { Catalog, SetRow } from '@lifeboat/catalog';
import type { Services } from '@lifeboat/coordination';
import { invariant } from '@lifeboat/kernel';
import { deletionRefusal, isPinned, type SetDeletion, type SetUse } from '@lifeboat/model';

import { requests } from './set-operations.ts';

export interface DeletionRequest {
  readonly by: string;
  readonly reason: string | null;
  readonly force: boolean;
}

/**
 * Deletes a set if nothing speaks against it. Judged in turn with what begins sets and restores, so that no restore
 * begins to use the set meanwhile; sets that are being taken go on.
 */
export async function deleteSet(
  { catalog, vault, clock }: Services,
  id: SetRow['id'],
  { by, reason, force }: DeletionRequest,
): Promise<SetDeletion> {
  return requests.run(async () => {
    const set = await catalog.sets.get(id);
    invariant(set !== undefined, 'a set that was found is there');
    const usedBy = await useOf(catalog, id, clock.now());
    const refusal = deletionRefusal(set, await catalog.sets.list(set.cluster), usedBy, force);
    if (refusal !== undefined) throw refusal;
    const { document, documentHash } = set;
    invariant(document !== null && documentHash !== null, 'a sealed set has its document');
    return vault.deleteSet({
      version: 1,
      set: set.id,
      cluster: document.cluster,
      sequence: document.sequence,
      hash: documentHash,
      previous: document.previous,
      requestedAt: document.requestedAt,
      requestedBy: document.requestedBy,
      sealedAt: document.sealedAt,
      guarantee: document.statement.guarantee,
      deletedAt: clock.now().toISOString(),
      deletedBy: by,
      reason,
    });
  });
}

async function useOf(catalog: Catalog, id: SetRow['id'], now: Date): Promise<SetUse> {
  const needing = (await catalog.restores.needingSets()).filter(({ set }) => set === id);
  const pin = (await catalog.retention.pinOf(id)) ?? null;
  return {
    restore: needing.find(({ state }) => state !== 'completed')?.restore,
    // Old data that were kept in place and changed since come from the set, should it be rolled back.
    unfinalized: needing.find(({ state }) => state === 'completed')?.restore,
    pinned: isPinned(pin, now) ? pin?.reason : undefined,
  };
}
