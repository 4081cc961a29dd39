import type { JsonIntent } from './intent-json.ts';
import type { Decision, JournaledTree, JournalRecord } from './journal-record.ts';
import type { WatchedTree } from './process-scan.ts';

/** Where a restore stands on this node: nothing but what its journal says, folded. */
export interface RestoreProgress {
  readonly restore: string;
  readonly epoch: number;
  readonly decisionKey: string;
  readonly begunAt: string;
  readonly trees: ReadonlyMap<string, TreeProgress>;
  readonly watched: readonly WatchedTree[];
  /** The stop action ran, and the portal has not been started since. */
  readonly stopped: boolean;
  readonly quiesced: { readonly epoch: number; readonly proof: string; readonly at: string } | undefined;
  readonly decision:
    { readonly decision: Decision; readonly epoch: number; readonly recordJson: string } | undefined;
  readonly switched: { readonly entries: number; readonly millis: number } | undefined;
  readonly starting: 'no' | 'begun' | 'action-done';
  readonly started:
    { readonly epoch: number; readonly millis: number; readonly healthChecked: boolean } | undefined;
  /** The latest step that was begun and has not been finished. */
  readonly unfinished: 'rolling-back' | 'finalizing' | 'aborting' | undefined;
  readonly rolledBack: boolean;
  readonly end: 'finalized' | 'aborted' | undefined;
}

export interface TreeProgress extends JournaledTree {
  readonly result: unknown;
  /** What a switch will do, since the portal was proven stopped. */
  readonly settled: { readonly intent: JsonIntent; readonly late: number } | undefined;
  /** What the switch that was begun does. */
  readonly intent: JsonIntent | undefined;
  readonly mended: readonly string[];
}

const BLANK: Omit<RestoreProgress, 'restore' | 'epoch' | 'decisionKey' | 'begunAt'> = {
  trees: new Map(),
  watched: [],
  stopped: false,
  quiesced: undefined,
  decision: undefined,
  switched: undefined,
  starting: 'no',
  started: undefined,
  unfinished: undefined,
  rolledBack: false,
  end: undefined,
};

const UNTOUCHED = { result: undefined, settled: undefined, intent: undefined, mended: [] };

/** Pure: the state after one more line. `before` is undefined only for `begun`. */
export function advance(
  before: RestoreProgress | undefined,
  record: JournalRecord,
): RestoreProgress | undefined {
  if (record.step === 'begun') {
    const { restore, epoch, decisionKey, at } = record;
    return { ...BLANK, restore, epoch, decisionKey, begunAt: at };
  }
  return before === undefined ? undefined : { ...before, ...change(before, record) };
}

function change(
  before: RestoreProgress,
  record: Exclude<JournalRecord, { step: 'begun' }>,
): Partial<RestoreProgress> {
  switch (record.step) {
    case 'epoch':
      return { epoch: record.epoch };
    case 'staging':
      return { trees: withTree(before, { ...record.tree, ...UNTOUCHED }) };
    case 'staged':
      return { trees: changeTree(before, record.tree, { result: record.result }) };
    case 'quiescing':
      return { watched: record.trees };
    case 'stopped':
      return { stopped: true, starting: 'no' };
    case 'quiesced':
      return {
        quiesced: { epoch: record.epoch, proof: record.proof, at: record.at },
        trees: new Map([...before.trees].map(([name, tree]) => [name, { ...tree, settled: undefined }])),
      };
    case 'settled':
      return {
        trees: changeTree(before, record.tree, { settled: { intent: record.intent, late: record.late } }),
      };
    case 'decided': {
      const { decision, epoch, recordJson } = record;
      return { decision: { decision, epoch, recordJson } };
    }
    case 'switching':
      return {
        trees: changeTree(before, record.tree, { intent: before.trees.get(record.tree)?.settled?.intent }),
      };
    case 'switched':
      return { switched: { entries: record.entries, millis: record.millis } };
    case 'starting':
      return { starting: 'begun', stopped: false };
    case 'start-action-done':
      return { starting: 'action-done' };
    case 'started':
      return { started: { epoch: record.epoch, millis: record.millis, healthChecked: record.healthChecked } };
    case 'rolling-back':
      return { unfinished: 'rolling-back', started: undefined };
    case 'mended':
      return { trees: changeTree(before, record.tree, { mended: record.paths }) };
    case 'rolled-back':
      return { unfinished: undefined, rolledBack: true, starting: 'no' };
    case 'finalizing':
    case 'aborting':
      return { unfinished: record.step };
    case 'finalized':
    case 'aborted':
      return { unfinished: undefined, end: record.step };
  }
}

function withTree(before: RestoreProgress, tree: TreeProgress): ReadonlyMap<string, TreeProgress> {
  return new Map(before.trees).set(tree.name, tree);
}

function changeTree(
  before: RestoreProgress,
  name: string,
  patch: Partial<TreeProgress>,
): ReadonlyMap<string, TreeProgress> {
  const tree = before.trees.get(name);
  return tree === undefined ? before.trees : withTree(before, { ...tree, ...patch });
}

/** Prepared, and nobody has said which way: the portal stays down (R2). */
export function isInDoubt(progress: RestoreProgress): boolean {
  return progress.quiesced !== undefined && progress.decision === undefined && progress.end === undefined;
}

/** Trees of which the stage is whole. */
export function stagedTrees(progress: RestoreProgress): TreeProgress[] {
  return [...progress.trees.values()].filter(({ result }) => result !== undefined);
}

/** The portal is proven stopped, and what will change places is written down. */
export function isSettled(progress: RestoreProgress): boolean {
  return (
    progress.quiesced !== undefined && stagedTrees(progress).every(({ settled }) => settled !== undefined)
  );
}

/** Nothing of it may be disturbed by another restore. */
export function isUnderWay(progress: RestoreProgress): boolean {
  if (progress.end !== undefined) return false;
  return progress.unfinished !== undefined || (progress.started === undefined && !progress.rolledBack);
}
