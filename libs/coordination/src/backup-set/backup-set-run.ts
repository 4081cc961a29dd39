import type { ClusterRow, NodeRow, SetRow } from '@lifeboat/catalog';
import type { DatabaseProbe, DumpReport } from '@lifeboat/database';
import type { Resolution, StoreContents } from '@lifeboat/dxp';
import { isLifeboatError } from '@lifeboat/kernel';
import type { SetFigures, StatementSearchIndex } from '@lifeboat/model';
import type { CaptureResult } from '@lifeboat/wire';

import type { DatabaseDump, DatabaseOperator, DatabasePin } from '../database-operator.ts';
import type { Services, WrittenManifest } from '../services.ts';
import type { PlannedTree } from './plan-trees.ts';
import type { StoreCopies } from './store-copies.ts';

/** A tree's latest complete capture. */
export interface TreeCapture {
  readonly tree: PlannedTree;
  readonly result: CaptureResult;
}

/**
 * One set on its way: what its effects hand on to each other in this process. None of it survives the process; a
 * set whose server dies is failed, and the next one re-uses the bytes (SPEC.md, gaps).
 */
export interface BackupSetRun {
  readonly services: Services;
  readonly set: SetRow;
  readonly cluster: ClusterRow;
  readonly signal: AbortSignal;
  readonly startedAt: number;
  /** Epoch of the cluster's lease: agents refuse commands of a lower one. */
  epoch: number;
  readonly nodes: Map<string, NodeRow>;
  trees: readonly PlannedTree[];
  /** The document store as each node sees it, the one that walks it first. */
  storeHolders: readonly PlannedTree[];
  /** Search indexes that were seen and that no tree captures. */
  searchLeftOut: NonNullable<StatementSearchIndex['leftOut']>;
  /** Directories of the store in which something happened last, relative. */
  activeDirectories: readonly string[];
  /** By node name and tree name, joined by a slash. */
  readonly captures: Map<string, TreeCapture>;
  /** The document store's whole round, and every copy of its files. */
  round: CaptureResult | undefined;
  copies: StoreCopies | undefined;
  database: DatabaseOperator | undefined;
  probe: DatabaseProbe | undefined;
  pin: DatabasePin | undefined;
  /** When the latest pin's snapshot was opened. */
  pinnedAt: Date | undefined;
  dump: DatabaseDump | undefined;
  dumped: { readonly capture: CaptureResult; readonly report: DumpReport } | undefined;
  resolution: Resolution | undefined;
  /** Of a document store that is in the database. */
  storeContents: StoreContents | undefined;
  sealedStore: WrittenManifest | undefined;
  pins: number;
  /** Dumps that came to their end. */
  dumps: number;
  /** Since when a row's bytes are looked for in vain, by its expected path; monotonic milliseconds. */
  readonly openSince: Map<string, number>;
  /** Expected paths of losses that the previous set had too, or that somebody acknowledged. */
  knownMissing: ReadonlySet<string>;
  /** Those of them that somebody acknowledged. */
  acknowledged: ReadonlySet<string>;
  fence: { openedAt: Date; closedAt: Date | undefined; openedMonotonic: number; millis: number } | undefined;
  /** While the fence is open nothing is read back: what the set does then has to be quick. */
  proofPause: Disposable | undefined;
  readonly warnings: string[];
  /** Why the set cannot be called consistent, one sentence each: shown as warnings. */
  readonly doubts: string[];
  readonly totals: { read: number; changed: number; wire: number };
}

/** Somebody asked for its end; a signal with an error as its reason means that it cannot go on (INTERRUPTED). */
export function isCancelled({ signal }: BackupSetRun): boolean {
  return signal.aborted && !isLifeboatError(signal.reason);
}

export function treeKey(tree: { readonly node: string; readonly name: string }): string {
  return `${tree.node}/${tree.name}`;
}

export function figuresOf({ totals, services, startedAt }: BackupSetRun): SetFigures {
  const { read, changed, wire } = totals;
  // What comes over the wire is stored as it is.
  const bytes = { read, changed, wire, stored: wire };
  return { bytes, millis: Math.round(services.clock.monotonic() - startedAt) };
}

export function countBytes(run: BackupSetRun, result: CaptureResult): void {
  run.totals.read += Number(result.bytesRead);
  run.totals.changed += Number(result.bytesChanged);
  run.totals.wire += Number(result.bytesWire);
}
