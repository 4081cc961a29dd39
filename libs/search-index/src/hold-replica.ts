import { lstatSync } from 'node:fs';
import {
  bytePath,
  displayPath,
  forFileSystem,
  OWN_FOLDER,
  PinStore,
  removeStaleHolds,
  type BytePath,
  type Pin,
} from '@lifeboat/file-tree';
import { LifeboatError, messageOf, systemCodeOf } from '@lifeboat/kernel';
import { holdIndex, pathIn } from './lucene/hold-index.ts';
import { commitNames, namesIn, type Commit } from './lucene/read-commit.ts';
import type { VerifiedFiles } from './lucene/verify-file.ts';

export interface HoldReplicaOptions {
  /** Absolute: the folder that holds the indexes of all companies. */
  readonly root: string;
  /** Names this agent; and this hold. */
  readonly owner: string;
  readonly epoch: string;
  readonly verified: VerifiedFiles;
}

/** The indexes of one node, each at one commit, readable until they are released. */
export interface HeldReplica {
  readonly indexes: readonly HeldIndex[];
  /** Indexes of which no whole commit could be held. */
  readonly leftOut: readonly LeftOut[];
  /** Files that belong to no index. */
  readonly strays: readonly LeftOut[];
  release(): void;
}

export interface HeldIndex {
  /** Relative to the root; empty for the root itself. */
  readonly folder: BytePath;
  readonly commit: Commit;
  /** Of the commit's files, without `write.lock` and what is not committed. */
  readonly pins: readonly Pin[];
  readonly bytes: number;
}

export interface LeftOut {
  /** Relative to the root, for people. */
  readonly path: string;
  readonly reason: string;
}

/** Companies lie one level deep; what is deeper than this is no portal's. */
const MOST_LEVELS = 8;
const LOCK_FILE = 'write.lock';

/**
 * Holds the Lucene replica below `root`: of each index the files of its newest commit, hard-linked below
 * `<root>/.lifeboat/hold`, their checksums compared. A writer may go on meanwhile, merge and delete.
 * @throws LifeboatError ROOT_NOT_FOUND
 */
export async function holdReplica(options: HoldReplicaOptions): Promise<HeldReplica> {
  const { owner, epoch, verified } = options;
  const root = options.root.replace(/\/+$/, '');
  assertDirectory(root);
  removeStaleHolds(root, owner);
  const pins = new PinStore(root, owner, epoch);
  const { folders, strays } = findIndexes(bytePath(root));
  const indexes: HeldIndex[] = [];
  const leftOut: LeftOut[] = [];
  try {
    for (const folder of folders) {
      try {
        const commit = await holdIndex(bytePath(root), folder, pins, verified);
        indexes.push(heldIndex(folder, commit, pins));
      } catch (error) {
        // Damage, an unknown format, a file that may not be read: the other indexes are none the worse.
        if (systemCodeOf(error) === undefined || systemCodeOf(error) === 'INTERNAL') throw error;
        leftOut.push({ path: displayPath(folder), reason: messageOf(error) });
      }
    }
  } catch (error) {
    pins.release();
    throw error;
  }
  verified.forgetOthers();
  return { indexes, leftOut, strays, release: () => pins.release() };
}

function heldIndex(folder: BytePath, commit: Commit, pins: PinStore): HeldIndex {
  const held = commit.files.flatMap(({ name }) => pins.latest(pathIn(folder, name)) ?? []);
  const bytes = held.reduce((sum, { location }) => sum + lstatSync(forFileSystem(location)).size, 0);
  return { folder, commit, pins: held, bytes };
}

/** Folders with a commit in them, in the order of their names. Links are not followed. */
function findIndexes(root: BytePath): { folders: BytePath[]; strays: LeftOut[] } {
  const folders: BytePath[] = [];
  const strays: LeftOut[] = [];
  const look = (folder: BytePath, level: number): void => {
    const directory = folder === '' ? root : `${root}/${folder}`;
    const names = namesIn(directory).sort();
    const isIndex = commitNames(names).length > 0;
    if (isIndex) folders.push(folder);
    for (const name of names) {
      if (name === OWN_FOLDER || name === LOCK_FILE) continue;
      const path = pathIn(folder, name);
      const stat = lstatSync(forFileSystem(`${root}/${path}`), { throwIfNoEntry: false });
      if (stat?.isDirectory() === true && level < MOST_LEVELS) look(path, level + 1);
      else if (stat !== undefined && (!isIndex || stat.isDirectory()))
        strays.push({ path: displayPath(path), reason: 'not part of a committed Lucene index' });
    }
  };
  look('', 0);
  return { folders, strays };
}

function assertDirectory(root: string): void {
  const stat = lstatSync(root, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return;
  throw new LifeboatError('ROOT_NOT_FOUND', `${root} is not a directory`, {
    guidance: 'Name the folder of the Lucene indexes as searchIndex.path in cluster.yaml.',
  });
}
