import type { SetRow } from '@lifeboat/catalog';
import type { Services } from '@lifeboat/coordination';
import { LifeboatError } from '@lifeboat/kernel';
import { lossesOf, type LossAcknowledgement } from '@lifeboat/model';

/**
 * Takes note of what a sealed set lost. The vault's record first, then the catalog: what a kill leaves undone, a
 * repeated call or a reindex does.
 *
 * @throws CONFLICT when the set is not sealed, or lost nothing
 */
export async function acknowledgeLosses(
  { catalog, vault, clock }: Services,
  { id, state, document }: SetRow,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<LossAcknowledgement> {
  if (document === null) {
    throw new LifeboatError('CONFLICT', `set ${id} is ${state}: only a sealed set has a statement`, {
      guidance: 'Wait until it is sealed: lifeboat set show tells how far it is.',
    });
  }
  const losses = document.statement.documents === null ? [] : lossesOf(document.statement.documents);
  if (losses.length === 0) {
    throw new LifeboatError('CONFLICT', `set ${id} lost nothing: there is nothing to acknowledge`, {
      guidance: 'lifeboat set list shows the guarantee of each set.',
    });
  }
  const acknowledgement: LossAcknowledgement = {
    version: 1,
    set: id,
    cluster: document.cluster,
    sequence: document.sequence,
    losses,
    acknowledgedAt: clock.now().toISOString(),
    acknowledgedBy: by,
    reason,
  };
  await vault.putControl(`acknowledgements/${id}`, acknowledgement);
  await catalog.acknowledgements.record(acknowledgement);
  return acknowledgement;
}
