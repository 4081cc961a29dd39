import type { RestoreRow, SetRow } from '@lifeboat/catalog';
import type { Services } from '@lifeboat/coordination';
import { invariant } from '@lifeboat/kernel';
import { deletionRefusal, type SetDeletion } from '@lifeboat/model';

import { requests } from './set-operations.ts';

export interface DeletionRequest {
  readonly by: string;
  readonly reason: string | null;
  readonly force: boolean;
}

function isFinalizing({ steps }: RestoreRow): boolean {
  return steps.some(({ step }) => step === 'finalizing');
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
    const restore = (await catalog.restores.unfinished()).find((row) => row.set === id)?.id;
    // Old data that were kept in place and changed since come from the set, should it be rolled back.
    const unfinalized = (await catalog.restores.list(set.cluster)).find(
      (row) => row.set === id && row.state === 'completed' && !isFinalizing(row),
    )?.id;
    const usedBy = { restore, unfinalized };
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
