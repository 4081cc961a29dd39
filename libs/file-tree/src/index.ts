export { bytePath, displayPath, forFileSystem, type BytePath } from './byte-path.ts';
export { native, type ExtendedAttribute, type Native } from './native.ts';
export {
  openForReading,
  readFully,
  readStable,
  REREADS,
  sameVersion,
  unreadable,
  type StableRead,
} from './stable-read.ts';
export { OWN_FOLDER, walk, type NotWalked, type WalkEntry, type WalkOptions } from './walk.ts';
export { SafeDescent, SafeDirectory } from './safe-directory.ts';
export { SafeEntries, type CheckedEntry } from './safe-entries.ts';
export { isWithin, safeRelativePath } from './safe-path.ts';
export {
  assertSpace,
  makeDirectories,
  missingDirectories,
  openOwnFolder,
  removeMade,
  removeOwnFolder,
  spaceAt,
  stageNames,
  type Space,
  type StageNames,
} from './stage-place.ts';
export { surveyTree, type Survey } from './stage-survey.ts';
export {
  leftOutWarning,
  STAGED_TREE,
  stageTree,
  type StageReport,
  type StageTreeOptions,
} from './stage-tree.ts';
export { addLosses, type Losses, type Metadata } from './stage-metadata.ts';
export type { Matches } from './stage-content.ts';
export { proveFile, writeChunk } from './stage-write.ts';
export type { ChunkPlace, PlacedChunk, Stager, WrittenFile } from './stager.ts';
export { Keeper, type KeepCounts, type KeepOptions } from './kept/keep-entries.ts';
export { RACY_NANOS } from './kept/keep-rule.ts';
export { mayKeepOn } from './kept/may-keep.ts';
export type { ReturnPlan } from './kept/plan-return.ts';
export type { StageMeans } from './kept/stage-kept.ts';
export type { EntryExchange } from './switch-plan.ts';
export { mountsBelow } from './switch-mounts.ts';
export { directoryIdentity } from './directory-identity.ts';
export { TreeSwitch, type BeforeChange, type SpineDirectory, type SwitchIntent } from './switch-tree.ts';
export { DirectoryWatch, type DirectoryEvent } from './directory-watch.ts';
export { holdFolder, PinStore, removeStaleHolds, type Pin } from './pin-store.ts';
export { chooseDirectories } from './watched-directories.ts';
