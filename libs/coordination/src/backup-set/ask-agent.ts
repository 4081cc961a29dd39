import { invariant } from '@lifeboat/kernel';
import type { CaptureResult, Tree } from '@lifeboat/wire';

import { expectOutcome, type Outcome, type Work } from '../agent-gateway.ts';
import { askNode } from '../ask-node.ts';
import { countBytes, type BackupSetRun } from './backup-set-run.ts';
import type { PlannedTree } from './plan-trees.ts';

/** Gives one command of this set to a node's agent and waits for what it answers. */
export function askAgent(run: BackupSetRun, node: string, work: Work): Promise<Outcome> {
  const row = run.nodes.get(node);
  invariant(row !== undefined, `node ${node} takes part in the set`);
  // An undo must reach the agents although the set itself was cancelled.
  const signal = work.$case === 'releaseHold' ? undefined : run.signal;
  return askNode(run.services, { node: row.id, operation: run.set.id, epoch: run.epoch, signal }, work);
}

export async function captureTree(run: BackupSetRun, tree: PlannedTree): Promise<CaptureResult> {
  const work: Work = { $case: 'captureTree', value: { tree: toWireTree(tree) } };
  const capture = expectOutcome(await askAgent(run, tree.node, work), 'capture').value;
  countBytes(run, capture);
  return capture;
}

export function toWireTree(tree: PlannedTree): Tree {
  return { name: tree.name, kind: tree.kind, path: tree.path, excludes: [...tree.excludes] };
}
