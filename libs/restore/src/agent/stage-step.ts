import {
  assertSpace,
  bytePath,
  isWithin,
  makeDirectories,
  missingDirectories,
  mountsBelow,
  openOwnFolder,
  removeOwnFolder,
  SafeDirectory,
  safeRelativePath,
  spaceAt,
  STAGED_TREE,
  stageNames,
  stageTree,
  surveyTree,
} from '@lifeboat/file-tree';
import { LifeboatError, type Log } from '@lifeboat/kernel';
import { computeChunkId } from '@lifeboat/vault-format';
import { StageTreeResult, type StageTree, type Tree } from '@lifeboat/wire';
import { ChunkFetcher } from './chunk-fetcher.ts';
import type { DownloadFactory } from './download-call.ts';
import type { JournaledTree } from './journal-record.ts';
import { readManifest, readManifestRoot } from './read-manifest.ts';
import { StageWorkers } from './stage-workers.ts';

/** A tree as this node will stage it: all its paths checked. */
export interface StagePlace {
  readonly name: string;
  readonly root: string;
  readonly excludes: readonly string[];
  readonly cleared: readonly string[];
}

export interface StageSource {
  readonly restoreId: string;
  readonly manifest: Buffer;
  readonly download: DownloadFactory;
  readonly idKey: Uint8Array;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
}

export interface StageProgress {
  readonly entriesDone: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** `root` has passed the policy. Other trees of the restore that lie in this one are left to themselves. */
export function stagePlace(
  tree: Tree,
  command: StageTree,
  root: string,
  others: readonly string[],
): StagePlace {
  const base = bytePath(root);
  const nested = others.map(bytePath).filter((other) => other !== base && isWithin(other, base));
  const own = new Set([...nested.map((other) => other.slice(base.length + 1)), ...mountsBelow(base)]);
  const cleared = command.cleared.map(safeRelativePath);
  if (cleared.includes('')) throw new LifeboatError('PATH_UNSAFE', 'a whole tree cannot be cleared');
  for (const path of tree.excludes) {
    const exclude = safeRelativePath(path.replace(/\/+$/, ''));
    // What is to be emptied at the switch is not protected from it, even where captures leave it out.
    if (!cleared.includes(exclude)) own.add(exclude);
  }
  return { name: tree.name, root, excludes: [...own].sort(), cleared };
}

/** What staging would take; touches nothing. */
export async function surveyStage(place: StagePlace, source: StageSource): Promise<StageTreeResult> {
  const fetcher = openFetcher(source);
  try {
    const root = await readManifestRoot(fetcher, source.manifest);
    const path = bytePath(place.root);
    const survey = await surveyTree(path, readManifest(fetcher, root), { ...place, signal: source.signal });
    return StageTreeResult.create({
      entries: BigInt(survey.entries),
      bytesTotal: BigInt(survey.bytesTotal),
      bytesFetched: BigInt(survey.bytesToFetch),
      bytesSeeded: BigInt(survey.bytesSeeded),
      filesReplaced: BigInt(survey.filesReplaced),
      freeBytes: spaceAt(path).free,
    });
  } finally {
    fetcher.close();
  }
}

/** Builds and verifies the stage. Journaled by the caller: `staging` before it, `staged` after. */
export async function buildStage(tree: JournaledTree, source: StageSource): Promise<StageTreeResult> {
  const path = bytePath(tree.root);
  makeDirectories(tree.made);
  const live = SafeDirectory.open(path);
  const stage = openOwnFolder(live, stageNames(source.restoreId).stage);
  // One call for the manifest and one for the bytes: a window of bytes must not hold up the entries, nor mix with them.
  const [forManifest, forBytes] = [openFetcher(source), openFetcher(source)];
  const workers = new StageWorkers({
    tree: stage.path(STAGED_TREE),
    idKey: source.idKey,
    fetcher: forBytes,
  });
  try {
    const root = await readManifestRoot(forManifest, source.manifest);
    const space = spaceAt(path);
    await assertRoom(tree, source, BigInt(root.contentBytes));
    const report = await stageTree({
      live,
      stage,
      entries: readManifest(forManifest, root),
      matches: (chunk, bytes) => computeChunkId(source.idKey, 'data', bytes).equals(chunk),
      stager: workers,
      excludes: tree.excludes,
      cleared: tree.cleared,
      signal: source.signal,
      onProgress: ({ entries, bytesFetched, bytesSeeded }) =>
        source.onProgress?.({
          entriesDone: entries,
          bytesDone: bytesFetched + bytesSeeded,
          bytesTotal: root.contentBytes,
        }),
    });
    return StageTreeResult.create({
      entries: BigInt(report.entries),
      bytesTotal: BigInt(report.bytesTotal),
      bytesFetched: BigInt(report.bytesFetched),
      bytesSeeded: BigInt(report.bytesSeeded),
      filesReplaced: BigInt(report.filesReplaced),
      freeBytes: space.free,
      warnings: report.warnings,
    });
  } finally {
    for (const fetcher of [forManifest, forBytes]) fetcher.close();
    await workers.close();
    stage.close();
    live.close();
  }
}

export async function dropStage(root: string, restoreId: string): Promise<void> {
  await dropFolder(root, stageNames(restoreId).stage);
}

export async function dropAside(root: string, restoreId: string): Promise<void> {
  await dropFolder(root, stageNames(restoreId).aside);
}

async function dropFolder(root: string, name: string): Promise<void> {
  const path = bytePath(root);
  if (missingDirectories(path).length > 0) return;
  const directory = SafeDirectory.open(path);
  try {
    await removeOwnFolder(directory, name);
  } finally {
    directory.close();
  }
}

/**
 * Cheap bound first: the whole tree as if nothing could be shared. Only when that does not fit are the live files
 * looked at, because what is re-used by reflink takes no room; whether reflinks work shows only at the copy, so a
 * file system without them can still fill up to the floor, which staging then reports.
 */
async function assertRoom(tree: JournaledTree, source: StageSource, contentBytes: bigint): Promise<void> {
  const path = bytePath(tree.root);
  const space = spaceAt(path);
  if (space.free - space.floor >= contentBytes) return;
  const survey = await surveyStage({ ...tree }, source);
  assertSpace(space, survey.bytesFetched, path);
}

function openFetcher(source: StageSource): ChunkFetcher {
  const { restoreId, download, idKey, log, signal } = source;
  return new ChunkFetcher({ restoreId, open: download, idKey, log, signal });
}
