import type { BackupSetEvent } from '@lifeboat/model';

import { expectOutcome } from '../agent-gateway.ts';
import { assertStoreOfSameCompanies } from './assert-same-portal.ts';
import { askAgent, captureTree, toWireTree } from './ask-agent.ts';
import { treeKey, type BackupSetRun } from './backup-set-run.ts';
import type { PlannedTree } from './plan-trees.ts';
import { StoreCopies } from './store-copies.ts';
import { storeTree } from './store-tree.ts';
import { timed } from './timed.ts';

/**
 * Arms every agent that sees the document store, then takes one whole round that starts after all are armed and
 * ends before the pin. A file is covered if that round or a hold saw it. The round's index is in memory when this
 * ends: nothing may stand between the pin and the look for what it left open.
 */
export async function holdAndRound(run: BackupSetRun): Promise<BackupSetEvent> {
  const { clock, vault } = run.services;
  run.proofPause ??= vault.pauseProof();
  run.fence = { openedAt: clock.now(), closedAt: undefined, openedMonotonic: clock.monotonic(), millis: 0 };
  // What an earlier hold or look-up brought into the vault stays evidence.
  const copies = (run.copies ??= new StoreCopies());
  const tree = storeTree(run);
  if (tree === undefined) return 'round-complete';
  await timed(run, 'arm', () => Promise.all(run.storeHolders.map((holder) => arm(run, holder))));
  const result = await timed(run, 'round', () => captureTree(run, tree));
  run.round = result;
  run.captures.set(treeKey(tree), { tree, result });
  await timed(run, 'index', () => copies.setRound(vault.segments(run.cluster.id, result.root)));
  assertStoreOfSameCompanies(run);
  return 'round-complete';
}

async function arm(run: BackupSetRun, holder: PlannedTree): Promise<void> {
  const { node } = holder;
  const tree = toWireTree(holder);
  const outcome = await askAgent(run, node, {
    $case: 'armHold',
    value: { tree, activeDirectories: [...run.activeDirectories] },
  });
  const { sentinelSeen } = expectOutcome(outcome, 'armHold').value;
  if (!sentinelSeen) {
    run.warnings.push(
      `${node}: the document store's change events do not arrive; the set relies on its round alone`,
    );
  }
}

/** Gives the held files free. Safe to call again, and to call for holds that were never armed. */
export async function releaseHolds(run: BackupSetRun): Promise<void> {
  resumeProof(run);
  if (storeTree(run) === undefined || run.fence === undefined || run.fence.closedAt !== undefined) return;
  const { clock } = run.services;
  run.fence.millis = Math.round(clock.monotonic() - run.fence.openedMonotonic);
  run.fence.closedAt = clock.now();
  await Promise.all(
    run.storeHolders.map((holder) =>
      askAgent(run, holder.node, { $case: 'releaseHold', value: { tree: toWireTree(holder) } }),
    ),
  );
}

/** Safe to call again, and to call for a proof that was never paused. */
export function resumeProof(run: BackupSetRun): void {
  run.proofPause?.[Symbol.dispose]();
  run.proofPause = undefined;
}
