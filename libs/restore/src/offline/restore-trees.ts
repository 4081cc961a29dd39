import { stageTree, type SafeDirectory } from '@lifeboat/file-tree';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import type { CaptureRecord } from '@lifeboat/model';
import { computeChunkId } from '@lifeboat/vault-format';
import type { OfflineCluster } from '@lifeboat/vault/offline';
import { OfflineStager } from './offline-stager.ts';
import type { TargetDirectory } from './target-directory.ts';
import { treeNameOf } from './tree-name.ts';

export interface OfflineProgress {
  /** NODE/TREE. */
  readonly tree: string;
  readonly bytesDone: number;
  /** Of all trees; holes count, so a sparse tree ends early. */
  readonly bytesTotal: number;
  readonly entriesDone: number;
}

export interface RestoredTree {
  /** NODE/TREE: where it lies in the target. */
  readonly tree: string;
  readonly entries: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/**
 * Restores trees one after the other, each proved from disk before it gets its name. What was done before a failure stays.
 *
 * @throws FORMAT_DAMAGED and CHUNK_MISSING naming the place, VERIFY_MISMATCH, NO_SPACE
 */
export async function restoreTrees(
  cluster: OfflineCluster,
  captures: readonly CaptureRecord[],
  target: TargetDirectory,
  onProgress: (progress: OfflineProgress) => void = () => undefined,
): Promise<RestoredTree[]> {
  const named = captures.map((capture) => ({ capture, tree: treeNameOf(capture) }));
  const bytesTotal = captures.reduce((sum, { bytes }) => sum + bytes, 0);
  const restored: RestoredTree[] = [];
  let [bytesBefore, entriesBefore] = [0, 0];
  for (const { capture, tree } of named) {
    const progress = (bytes: number, entries: number): void =>
      onProgress({ tree, bytesDone: bytesBefore + bytes, bytesTotal, entriesDone: entriesBefore + entries });
    restored.push(
      await target.receive(tree, async (stage) => restoreTree(cluster, capture, stage, tree, progress)),
    );
    bytesBefore += capture.bytes;
    entriesBefore += capture.entries;
  }
  return restored;
}

async function restoreTree(
  cluster: OfflineCluster,
  capture: CaptureRecord,
  stage: SafeDirectory,
  tree: string,
  progress: (bytes: number, entries: number) => void,
): Promise<RestoredTree> {
  const root = Buffer.from(capture.root, 'hex');
  const { entries, contentBytes: bytes } = await cluster.manifestRoot(root);
  if (entries !== capture.entries || bytes !== capture.bytes) throw anotherTree(tree);
  const report = await stageTree({
    live: undefined,
    stage,
    entries: cluster.manifest(root),
    matches: (chunk, content) => computeChunkId(cluster.idKey, 'data', content).equals(chunk),
    stager: (path) => new OfflineStager(cluster, path),
    excludes: [],
    cleared: [],
    onProgress: (seen) => progress(seen.bytesFetched, seen.entries),
  }).catch((thrown: unknown) => {
    throw systemCodeOf(thrown) === 'ENOSPC' ? noSpace(tree, thrown) : thrown;
  });
  if (report.entries !== entries) throw anotherTree(tree);
  return { tree, entries, bytes, warnings: report.warnings };
}

function anotherTree(tree: string): LifeboatError {
  return new LifeboatError('VERIFY_MISMATCH', `${tree} is not as large as the set document says`, {
    guidance: 'Restore from another set; report this, it should not happen.',
  });
}

function noSpace(tree: string, cause: unknown): LifeboatError {
  return new LifeboatError('NO_SPACE', `the file system of the target is full while ${tree} is restored`, {
    guidance: 'Give more room, or restore one tree at a time with --tree.',
    cause,
  });
}
