import type { Restore } from '@lifeboat/console-api';
import type { CommandContext, Outcome } from './cli.ts';
import { showRestore } from './output/show-restore.ts';
import { waitUntil } from './wait-until.ts';

type State = Restore['state'];

/** Nothing more happens by itself in these. */
const ENDS: readonly State[] = ['completed', 'aborted', 'rolled-back', 'needs-operator'];

/**
 * Waits for the end of what was just begun. `good` is the end that was asked for: exit 0, any other end 1.
 * A roll-back begins in `completed`, which is not its end.
 */
export async function waitForRestore(
  { client, progress }: CommandContext,
  begun: Restore,
  good: 'completed' | 'rolled-back',
): Promise<Outcome> {
  const ends = ENDS.filter((state) => good === 'completed' || state !== 'completed');
  const restore = await waitUntil<Restore>(
    () => client.call('getRestore', { params: { id: begun.restore } }),
    ({ state }) => ends.includes(state),
    (seen) => progress.show(seen.state, seen.progress),
  );
  return { json: restoreSummary(restore), text: showRestore(restore), exit: restore.state === good ? 0 : 1 };
}

/** What scripts rely on comes first (design: fixed outside contracts). */
export function restoreSummary(restore: Restore): object {
  const { restore: id, state, millis, stageMillis, switchMillis, cluster, set, plan, failure } = restore;
  return {
    restore: id,
    state,
    millis,
    stageMillis,
    switchMillis,
    cluster,
    set,
    plan,
    ...(failure && { failure }),
  };
}
