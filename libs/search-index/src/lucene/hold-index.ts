import { setTimeout as delay } from 'node:timers/promises';
import type { BytePath, PinStore } from '@lifeboat/file-tree';
import { LifeboatError, systemCodeOf } from '@lifeboat/kernel';
import { commitNames, namesIn, readCommit, type Commit } from './read-commit.ts';
import { verifyFile, type VerifiedFiles } from './verify-file.ts';

/** A writer that commits all the time deletes commits as quickly as they are read. */
const MOST_TRIES = 50;
const PAUSE_MILLIS = 20;

/**
 * Pins every file of the newest commit of the index at `folder` (relative to the pins' root) and checks it. A file
 * that is gone means that there is a newer commit: that one is taken. A commit that is not whole yet is passed over for
 * the one before.
 * @throws LifeboatError FORMAT_DAMAGED, FORMAT_UNSUPPORTED, PATH_UNSAFE, CONFLICT (commits go faster than they can be
 *   held); what the file system says
 */
export async function holdIndex(
  root: BytePath,
  folder: BytePath,
  pins: PinStore,
  verified: VerifiedFiles,
): Promise<Commit> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (tries > 0) await delay(PAUSE_MILLIS);
    const commit = pinNewest(root, folder, pins);
    if (commit === undefined) continue;
    for (const file of commit.files) {
      const pin = pins.latest(pathIn(folder, file.name));
      if (pin !== undefined) await verifyFile(pin.location, file, verified);
    }
    return commit;
  }
  throw new LifeboatError('CONFLICT', `its commits are deleted faster than one can be held`, {
    guidance: 'Take the set when less is indexed.',
  });
}

/** Undefined: a newer commit came in between. */
function pinNewest(root: BytePath, folder: BytePath, pins: PinStore): Commit | undefined {
  const directory = folder === '' ? root : `${root}/${folder}`;
  const names = commitNames(namesIn(directory));
  let damage: unknown;
  for (const name of names) {
    try {
      const commit = readCommit(directory, name);
      const pinned = commit.files.every((file) => pins.pin(pathIn(folder, file.name)));
      return pinned && isStillTrue(commit, directory, names) ? commit : undefined;
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      if (systemCodeOf(error) !== 'FORMAT_DAMAGED') throw error;
      damage ??= error;
    }
  }
  throw damage ?? new LifeboatError('FORMAT_DAMAGED', 'it has no commit');
}

/** What was listed and not named is whole as long as nothing newer could have deleted of it. */
function isStillTrue(commit: Commit, directory: BytePath, names: readonly string[]): boolean {
  return !commit.isListed || commitNames(namesIn(directory))[0] === names[0];
}

export function pathIn(folder: BytePath, name: string): BytePath {
  return folder === '' ? name : `${folder}/${name}`;
}
