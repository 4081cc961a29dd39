import {
  expectedPaths,
  isInPlace,
  isInsideStore,
  resolveDocuments,
  type DocumentRow,
  type Resolution,
  WORKING_COPY,
} from '@lifeboat/dxp';
import { invariant } from '@lifeboat/kernel';
import type { Tree } from '@lifeboat/wire';

import { expectOutcome } from '../agent-gateway.ts';
import { askAgent, toWireTree } from './ask-agent.ts';
import { countBytes, type BackupSetRun } from './backup-set-run.ts';
import type { StoreCopies } from './store-copies.ts';
import { storeLayout } from './store-tree.ts';
import { timed } from './timed.ts';

/** Paths a single LookUpPaths may ask for: keeps the message far below the wire's limit. */
const LOOK_UP_BATCH = 2000;

/**
 * Resolves rows of the pinned database against round ∪ held ∪ looked up, fetching the last two as they are needed.
 * What counts is the time from the pin to the look at a path: rows are judged as they come, and what is open is
 * looked up beside the capture of what is held.
 *
 * @returns the expected paths of rows that nobody could resolve
 */
export async function resolveRows(run: BackupSetRun, rows: AsyncIterable<DocumentRow>): Promise<Set<string>> {
  const [open] = await Promise.all([lookUpOpen(run, rows, 'rows'), timed(run, 'held', () => addHeld(run))]);
  return pathsOf(run, unresolvedRows(run, open));
}

/**
 * The same for a few rows that cannot wait: what a hold has is found by the look-up too.
 *
 * @returns the expected paths of rows that nobody could resolve
 */
export async function lookUpRows(run: BackupSetRun, rows: AsyncIterable<DocumentRow>): Promise<Set<string>> {
  return pathsOf(run, unresolvedRows(run, await lookUpOpen(run, rows, 'working-copies')));
}

async function lookUpOpen(
  run: BackupSetRun,
  rows: AsyncIterable<DocumentRow>,
  step: string,
): Promise<DocumentRow[]> {
  let urgent: Promise<void> | undefined;
  const lookUpNow = (open: readonly DocumentRow[]): void => {
    urgent = lookUp(run, open);
    // Awaited below; until then a failure must not count as unhandled.
    urgent.catch(() => undefined);
  };
  const open = await timed(run, step, () => openRows(run, rows, lookUpNow));
  await timed(run, 'look-up', async () => {
    await urgent;
    await lookUp(run, open);
  });
  return open;
}

function pathsOf(run: BackupSetRun, rows: readonly DocumentRow[]): Set<string> {
  return new Set(rows.map((row) => expectedPaths(row, storeLayout(run))[0]!));
}

/**
 * Rows whose bytes do not lie in place, by what is known now. Those of working copies that come before all others are
 * given to `onUrgent` at once.
 */
async function openRows(
  run: BackupSetRun,
  rows: AsyncIterable<DocumentRow>,
  onUrgent: (open: readonly DocumentRow[]) => void,
): Promise<DocumentRow[]> {
  const copies = copiesOf(run);
  const layout = storeLayout(run);
  const open: DocumentRow[] = [];
  let isUrgent = true;
  for await (const row of rows) {
    if (isUrgent && row.version !== WORKING_COPY) {
      isUrgent = false;
      if (open.length > 0) onUrgent([...open]);
    }
    if (!isInPlace(row, copies, layout)) open.push(row);
  }
  return open;
}

function unresolvedRows(run: BackupSetRun, rows: readonly DocumentRow[]): DocumentRow[] {
  const layout = storeLayout(run);
  const resolution: Resolution = resolveDocuments(rows, [], copiesOf(run), { layout });
  if (resolution.missing.length + resolution.sizeMismatch.length === 0) return [];
  const open = new Set(
    [...resolution.missing, ...resolution.sizeMismatch].map((document) => document.expectedPath),
  );
  return rows.filter((row) => expectedPaths(row, layout).some((path) => open.has(path)));
}

/** What the agents pinned since they were armed: files that the round was too early or too late for. */
async function addHeld(run: BackupSetRun): Promise<void> {
  await Promise.all(
    run.storeHolders.map(async (holder) => {
      const work = { $case: 'captureHeld', value: { tree: toWireTree(holder) } } as const;
      const outcome = await askAgent(run, holder.node, work);
      const capture = expectOutcome(outcome, 'capture').value;
      countBytes(run, capture);
      await copiesOf(run).addExtra(run.services.vault.manifest(run.cluster.id, capture.root));
    }),
  );
}

/** Asks the agent that walks the store by the paths that the rows expect, then the others for what is still open. */
async function lookUp(run: BackupSetRun, rows: readonly DocumentRow[]): Promise<void> {
  let open = rows;
  for (const holder of run.storeHolders) {
    open = open.filter((row) => !isInPlace(row, copiesOf(run), storeLayout(run)));
    await lookUpOn(run, holder.node, toWireTree(holder), open);
  }
}

async function lookUpOn(
  run: BackupSetRun,
  node: string,
  tree: Tree,
  rows: readonly DocumentRow[],
): Promise<void> {
  const layout = storeLayout(run);
  // A path that leads out of the store is nobody's to look at: agents refuse to.
  const paths = [...new Set(rows.flatMap((row) => expectedPaths(row, layout)))]
    .filter(isInsideStore)
    .map((path) => Buffer.from(path));
  for (let start = 0; start < paths.length; start += LOOK_UP_BATCH) {
    const batch = paths.slice(start, start + LOOK_UP_BATCH);
    const work = { $case: 'lookUpPaths', value: { tree, paths: batch } } as const;
    const { capture, found } = expectOutcome(await askAgent(run, node, work), 'lookUpPaths').value;
    if (found === 0 || capture === undefined) continue;
    countBytes(run, capture);
    await copiesOf(run).addExtra(run.services.vault.manifest(run.cluster.id, capture.root));
  }
}

function copiesOf({ copies }: BackupSetRun): StoreCopies {
  invariant(copies !== undefined, 'rows are resolved after the round');
  return copies;
}
