import { expectedPaths, resolveDocuments, type DocumentRow, type Resolution } from '@lifeboat/dxp';
import { invariant } from '@lifeboat/kernel';

import { expectOutcome } from '../agent-gateway.ts';
import { askAgent, toWireTree } from './ask-agent.ts';
import { countBytes, type BackupSetRun } from './backup-set-run.ts';
import { storeTree } from './store-tree.ts';

/** Paths a single LookUpPaths may ask for: keeps the message far below the wire's limit. */
const LOOK_UP_BATCH = 2000;

/**
 * Resolves rows of the pinned database against round ∪ held ∪ looked up, fetching the last two as they are needed.
 *
 * @returns the expected paths of rows that nobody could resolve
 */
export async function resolveRows(run: BackupSetRun, rows: AsyncIterable<DocumentRow>): Promise<Set<string>> {
  const [collected] = await Promise.all([collect(rows), addHeld(run)]);
  let unresolved = unresolvedRows(run, collected);
  if (unresolved.length > 0) {
    await lookUp(run, unresolved);
    unresolved = unresolvedRows(run, unresolved);
  }
  return new Set(unresolved.map((row) => expectedPaths(row)[0]!));
}

async function collect(rows: AsyncIterable<DocumentRow>): Promise<DocumentRow[]> {
  const collected: DocumentRow[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

function unresolvedRows(run: BackupSetRun, rows: readonly DocumentRow[]): DocumentRow[] {
  const { copies } = run;
  invariant(copies !== undefined, 'rows are resolved after the round');
  const resolution: Resolution = resolveDocuments(rows, [], copies);
  if (resolution.missing.length + resolution.sizeMismatch.length === 0) return [];
  const open = new Set(
    [...resolution.missing, ...resolution.sizeMismatch].map((document) => document.expectedPath),
  );
  return rows.filter((row) => expectedPaths(row).some((path) => open.has(path)));
}

/** What the agents pinned since they were armed: files that the round was too early or too late for. */
async function addHeld(run: BackupSetRun): Promise<void> {
  const tree = storeTree(run);
  if (tree === undefined) return;
  await Promise.all(
    run.storeHolders.map(async (node) => {
      const outcome = await askAgent(run, node, { $case: 'captureHeld', value: { tree: toWireTree(tree) } });
      const capture = expectOutcome(outcome, 'capture').value;
      countBytes(run, capture);
      await run.copies!.addExtra(run.services.vault.manifest(run.cluster.id, capture.root));
    }),
  );
}

/** Asks every agent that sees the store, by the paths that the rows expect. */
async function lookUp(run: BackupSetRun, rows: readonly DocumentRow[]): Promise<void> {
  const tree = storeTree(run);
  if (tree === undefined) return;
  const paths = [...new Set(rows.flatMap((row) => expectedPaths(row)))].map((path) => Buffer.from(path));
  for (const node of run.storeHolders) {
    for (let start = 0; start < paths.length; start += LOOK_UP_BATCH) {
      const batch = paths.slice(start, start + LOOK_UP_BATCH);
      const work = { $case: 'lookUpPaths', value: { tree: toWireTree(tree), paths: batch } } as const;
      const { capture, found } = expectOutcome(await askAgent(run, node, work), 'lookUpPaths').value;
      if (found === 0 || capture === undefined) continue;
      countBytes(run, capture);
      await run.copies!.addExtra(run.services.vault.manifest(run.cluster.id, capture.root));
    }
  }
}
