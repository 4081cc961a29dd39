import {
  assertSpace,
  bytePath,
  isWithin,
  Keeper,
  leftOutWarning,
  makeDirectories,
  mayKeepOn,
  missingDirectories,
  mountsBelow,
  openOwnFolder,
  removeOwnFolder,
  SafeDirectory,
  safeRelativePath,
  spaceAt,
  stageNames,
  stageTree,
  surveyTree,
  type KeepCounts,
  type StageMeans,
  type StageReport,
} from '@lifeboat/file-tree';
import { LifeboatError } from '@lifeboat/kernel';
import { KEEP_RULES, type KeepRule } from '@lifeboat/model';
import type { ManifestEntry } from '@lifeboat/vault-format';
import { StageTreeResult, type StageTree, type Tree } from '@lifeboat/wire';
import { openFetcher, openMeans, type ChunkSource } from './chunk-source.ts';
import type { JournaledTree } from './journal-record.ts';
import { readManifest, readManifestRoot } from './read-manifest.ts';

/** A tree as this node will stage it: all its paths checked. */
export interface StagePlace {
  readonly name: string;
  readonly root: string;
  readonly excludes: readonly string[];
  readonly cleared: readonly string[];
  /** What of the live tree stays in place. */
  readonly keep: KeepRule;
}

export interface StageSource extends ChunkSource {
  readonly manifest: Buffer;
  /** From when on (nanoseconds since 1970) a ctime may hide a change after the capture. */
  readonly trustedBefore: bigint;
  readonly nowNanos: bigint;
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
  return { name: tree.name, root, excludes: [...own].sort(), cleared, keep: keepRule(command.keep) };
}

function keepRule(word: string): KeepRule {
  const rule = KEEP_RULES.find((known) => known === (word === '' ? 'unchanged' : word));
  if (rule === undefined) throw new LifeboatError('PROTOCOL_VERSION', `unknown rule of keeping: ${word}`);
  return rule;
}

/** What staging would take; touches nothing. */
export async function surveyStage(place: StagePlace, source: StageSource): Promise<StageTreeResult> {
  const fetcher = openFetcher(source);
  try {
    const root = await readManifestRoot(fetcher, source.manifest);
    const path = bytePath(place.root);
    const { keep, warnings } = keepHere(place);
    const { signal, trustedBefore } = source;
    const options = { ...place, keep, signal, trustedBefore };
    const survey = await surveyTree(path, readManifest(fetcher, root), options);
    return StageTreeResult.create({
      entries: BigInt(survey.entries),
      bytesTotal: BigInt(survey.bytesTotal),
      bytesFetched: BigInt(survey.bytesToFetch),
      bytesSeeded: BigInt(survey.bytesSeeded),
      filesReplaced: BigInt(survey.filesReplaced),
      entriesKept: BigInt(survey.entriesKept),
      bytesKept: BigInt(survey.bytesKept),
      entriesRemoved: BigInt(survey.entriesRemoved),
      freeBytes: spaceAt(path).free,
      warnings,
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
  const [forManifest, means] = [openFetcher(source), openMeans(source)];
  try {
    const root = await readManifestRoot(forManifest, source.manifest);
    const space = spaceAt(path);
    await assertRoom(tree, source, BigInt(root.contentBytes));
    const { keep, warnings } = keepHere(tree);
    const { report, kept } = await stageBesideKept({
      ...{ tree, keep, source, live, stage, means, bytesTotal: root.contentBytes },
      entries: () => readManifest(forManifest, root),
    });
    return StageTreeResult.create({
      entries: BigInt(kept?.entries ?? report.entries),
      bytesTotal: BigInt(report.bytesTotal + (kept?.bytesKept ?? 0)),
      bytesFetched: BigInt(report.bytesFetched),
      bytesSeeded: BigInt(report.bytesSeeded),
      filesReplaced: BigInt(report.filesReplaced),
      entriesKept: BigInt(kept?.entriesKept ?? 0),
      bytesKept: BigInt(kept?.bytesKept ?? 0),
      freeBytes: space.free,
      warnings: [...warnings, ...report.warnings, ...leftOutWarning(kept?.leftOut ?? 0)],
    });
  } finally {
    forManifest.close();
    await means.close();
    stage.close();
    live.close();
  }
}

interface Staging {
  readonly tree: JournaledTree;
  readonly keep: KeepRule;
  readonly source: StageSource;
  readonly live: SafeDirectory;
  readonly stage: SafeDirectory;
  readonly means: StageMeans;
  readonly bytesTotal: number;
  readonly entries: () => AsyncIterable<ManifestEntry>;
}

/** Stages what is not kept in place; again where a group of hard links turns out to be kept in part only. */
async function stageBesideKept(
  staging: Staging,
): Promise<{ report: StageReport; kept: KeepCounts | undefined }> {
  const { tree, keep, source, live, stage, means } = staging;
  const brokenGroups = new Set<bigint>();
  for (;;) {
    const keeper =
      keep === 'nothing'
        ? undefined
        : new Keeper({ ...tree, ...source, ...means, rule: keep, live, stage, brokenGroups });
    const entries = staging.entries();
    const report = await stageTree({
      ...{ live, stage, ...means, excludes: tree.excludes, cleared: tree.cleared },
      entries: keeper === undefined ? entries : keeper.passOn(entries),
      retains: keeper?.retains,
      onProgress: ({ entries: staged, bytesFetched, bytesSeeded }) =>
        source.onProgress?.({
          entriesDone: keeper?.counts.entries ?? staged,
          bytesDone: bytesFetched + bytesSeeded + (keeper?.counts.bytesKept ?? 0),
          bytesTotal: staging.bytesTotal,
        }),
    });
    const broken = keeper?.brokenGroups() ?? [];
    if (broken.length === 0) return { report, kept: keeper?.counts };
    for (const group of broken) brokenGroups.add(group);
  }
}

/** What is kept, as asked for and as far as the file system allows it. */
function keepHere(place: StagePlace): { keep: KeepRule; warnings: string[] } {
  const isThere = missingDirectories(bytePath(place.root)).length === 0;
  if (place.keep === 'nothing' || (isThere && mayKeepOn(bytePath(place.root))))
    return { keep: place.keep, warnings: [] };
  const why = 'it lies on a network or an unknown file system, whose times prove nothing';
  return {
    keep: 'nothing',
    warnings: isThere ? [`${place.root} is replaced as a whole, which takes its size: ${why}`] : [],
  };
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
