import type { PruneView, RepairView } from '@lifeboat/console-api';

/** Where work on the vault is that the server has begun. */
export function showPhase({ state, progress }: Pick<PruneView | RepairView, 'state' | 'progress'>): string {
  if (progress === null) return state;
  const { phase, done, total } = progress;
  return total === null ? phase : `${phase}  ${done} of ${total}`;
}
