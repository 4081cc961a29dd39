import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { native } from '@lifeboat/file-tree';
import type { StageTree } from '@lifeboat/wire';
import { copy, plant, type Bench, type Spec } from './restore-agent.fixture.ts';

export const EXCLUDES = ['data/store'];
export const CLEARED = ['deep/state'];
/** What no restore touches, and what it empties. */
export const APART = [...EXCLUDES, ...CLEARED];

const SET: Spec = {
  'kept/a': 'a',
  'kept/b': 'b'.repeat(40_000),
  'kept/link': { link: 'a' },
  'kept/attributed': 'with an attribute',
  'kept/hole': { sparse: 200_000, tail: 'end' },
  'damaged/a': 'overwritten later',
  'damaged/b': 'stays',
  'damaged/c': 'deleted later',
  'damaged/hidden': 'nothing but its bytes is another later',
  'deep/one/two/x': 'x',
  'deep/one/two/y': 'y',
  'deep/one/two/z': 'z',
  'deep/state/cache': 'cache',
  'gone/whole/a': 'its directory is deleted',
  'type/file': 'a directory later',
  'type/directory/x': 'a file later',
  'all/differs': 'nothing beneath is kept',
  'all/too': 'of it either',
  'hollow/empty': null,
  'hard/one': 'one file',
  'hard/two': { hard: 'hard/one' },
  'split/one': 'one file of which a name is lost',
  'split/two': { hard: 'split/one' },
  'moved/from/name': 'one file, and a directory moves',
  'moved/other': { hard: 'moved/from/name' },
  'data/x': 'beside the store',
  'data/y': 'and also',
  'data/store/doc': 'document',
};

/** Times are to show: each is of another second. */
let second = 1_650_000_000;

function write(file: string, text: string): void {
  writeFileSync(file, text);
  second += 1;
  utimesSync(file, second, second);
}

/** As a program does it that hides its traces, or a failing disk: one byte is another, and the mtime what it was. */
export function rot(file: string, offset: number): void {
  const { atime, mtime } = lstatSync(file);
  const handle = openSync(file, 'r+');
  writeSync(handle, '#', offset);
  closeSync(handle);
  utimesSync(file, atime, mtime);
}

/**
 * A node whose live tree is the one that the set was taken of, and has been damaged in every way since. `wanted` is a copy
 * of the set. Returns the command that stages it.
 */
export function plantDamaged(bench: Bench, more: Parameters<Bench['stage']>[1] = {}): StageTree {
  for (const tree of [bench.live, bench.wanted]) rmSync(tree, { recursive: true, force: true });
  plant(bench.live, SET);
  const at = (path: string): string => join(bench.live, path);
  if (native.available)
    native.lsetxattr(Buffer.from(at('kept/attributed')), Buffer.from('user.test'), Buffer.from('value'));
  for (const directory of ['deep/one', 'deep/one/two', 'kept', 'damaged', 'moved'])
    utimesSync(at(directory), 1_600_000_000, 1_600_000_000);
  mkdirSync(bench.wanted);
  copy(bench.live, bench.wanted);
  const root = bench.vault.capture(bench.live, EXCLUDES);

  write(at('damaged/a'), 'overwritten');
  rmSync(at('damaged/c'));
  rot(at('damaged/hidden'), 5);
  write(at('damaged/added'), 'not in the set');
  mkdirSync(at('deep/one/added'));
  write(at('deep/one/added/x'), 'a whole directory not in the set');
  chmodSync(at('deep/one/two'), 0o711);
  rmSync(at('gone'), { recursive: true });
  rmSync(at('type/file'));
  mkdirSync(at('type/file'));
  write(at('type/file/x'), 'was a file');
  rmSync(at('type/directory'), { recursive: true });
  write(at('type/directory'), 'was a directory');
  write(at('all/differs'), 'other');
  write(at('all/too'), 'other too');
  rmSync(at('split/two'));
  write(at('split/two'), 'a file of its own now');
  write(at('data/y'), 'other');
  write(at('data/store/doc'), 'newer');
  // By a clock on which the set is long past: nothing was written within the grain of time stamps.
  return bench.stage(root, { ...LATER, excludes: EXCLUDES, cleared: CLEARED, ...more });
}

const LATER = { captured: new Date(Date.now() + 3_600_000) };

/** What a portal that still runs does between staging and its stop. */
export function changeMeanwhile(bench: Bench): void {
  const at = (path: string): string => join(bench.live, path);
  appendFileSync(at('deep/one/two/x'), ' and more');
  rmSync(at('deep/one/two/y'));
  write(at('deep/late'), 'appeared');
  renameSync(at('moved/from'), at('moved/to'));
}

/** What a portal does with the new data after the switch. */
export function changeSince(bench: Bench): void {
  const at = (path: string): string => join(bench.live, path);
  write(at('kept/a'), 'written in place');
  truncateSync(at('kept/b'), 100);
  chmodSync(at('kept/attributed'), 0o600);
  rmSync(at('kept/link'));
  write(at('kept/new'), 'stray');
  rmSync(at('damaged/b'));
  mkdirSync(at('damaged/b'));
  write(at('damaged/b/x'), 'a directory in the place of a kept file');
  rmSync(at('deep/one'), { recursive: true });
  write(at('deep/one'), 'a file in the place of a directory');
  renameSync(at('hard'), at('harder'));
  write(at('damaged/a'), 'written again');
  rmSync(at('all'), { recursive: true });
  if (existsSync(at('data/x'))) write(at('data/new'), 'stray beside the store');
  chmodSync(at('hollow'), 0o700);
}
