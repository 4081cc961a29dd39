import { displayPath, type ReturnPlan, type SwitchIntent, type TreeSwitch } from '@lifeboat/file-tree';
import { LifeboatError } from '@lifeboat/kernel';
import { openMeans, type ChunkSource } from './chunk-source.ts';

const SHOWN_PATHS = 5;

export interface Return {
  readonly plan: ReturnPlan;
  readonly mended: readonly string[];
}

/**
 * What going back takes. What was kept in place and has changed since the switch is made anew beside the live tree first,
 * from what is there and from the vault, and `onMended` tells that durably. Throws KEPT_CHANGED when there is no vault to
 * take it from.
 */
export async function prepareReturn(
  place: TreeSwitch,
  tree: { readonly name: string; readonly mended: readonly string[] },
  intent: SwitchIntent,
  source: ChunkSource | undefined,
  onMended: (paths: readonly string[]) => Promise<void>,
): Promise<Return> {
  const plan = await place.planReturn(intent, tree.mended);
  if (plan.changed.length === 0) return { plan, mended: tree.mended };
  if (source === undefined) throw keptChanged(tree.name, plan.changed);
  const means = openMeans(source);
  try {
    await place.mend(plan.changed, means);
  } finally {
    await means.close();
  }
  const mended = [...new Set([...tree.mended, ...plan.changed])];
  await onMended(mended);
  return { plan: { ...plan, changed: [] }, mended };
}

function keptChanged(tree: string, changed: readonly string[]): LifeboatError {
  const shown = changed.slice(0, SHOWN_PATHS).map((path) => JSON.stringify(displayPath(path)));
  const more = changed.length > SHOWN_PATHS ? ` and ${changed.length - SHOWN_PATHS} more` : '';
  return new LifeboatError(
    'KEPT_CHANGED',
    `${tree} cannot go back without the vault: changed since the switch, where they were kept: ${shown.join(', ')}${more}`,
    {
      guidance:
        'The portal stays down, and the roll-back goes on by itself once the server can be reached. Without one, see docs/runbooks/without-a-server.md.',
    },
  );
}
