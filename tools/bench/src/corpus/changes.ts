import {
  appendFileSync,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { seededBytes, seededRandom } from '@lifeboat/testkit';

/** One file in a hundred. */
const SHARE = 0.01;
const APPENDED = 1000;
const OVERWRITTEN = 2 ** 20;

/** Appends some bytes to 1 % of the files, chosen by the seed; how many files that were. */
export function appendToSome(trees: readonly string[], seed: string): number {
  return changeSome(trees, seed, (file) => appendFileSync(file, seededBytes(`${seed} ${file}`, APPENDED)));
}

/** Damages 1 % of the files, chosen by the seed, in one of five ways each; how many files that were. */
export function damageSome(trees: readonly string[], seed: string): number {
  return changeSome(trees, seed, (file, size, turn) => DAMAGES[turn % DAMAGES.length]!(file, size));
}

const DAMAGES: readonly ((file: string, size: number) => void)[] = [
  (file, size) => overwrite(file, Math.min(size, OVERWRITTEN)),
  (file, size) => truncateSync(file, size >> 1),
  (file) => rmSync(file),
  (file) => appendFileSync(file, 'damaged'),
  // As a failing disk does it: nothing but the bytes is another.
  (file, size) => {
    const { atime, mtime } = lstatSync(file);
    overwrite(file, Math.min(size, OVERWRITTEN));
    utimesSync(file, atime, mtime);
  },
];

function changeSome(
  trees: readonly string[],
  seed: string,
  change: (file: string, size: number, turn: number) => void,
): number {
  const random = seededRandom(seed);
  const files = trees.flatMap(regularFiles);
  const chosen = files.filter(() => random.next() < SHARE);
  if (chosen.length === 0) chosen.push(random.pick(files)); // a corpus of a few large files
  for (const [turn, file] of chosen.entries()) change(file, lstatSync(file).size, turn);
  return chosen.length;
}

function overwrite(file: string, bytes: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, seededBytes(file, bytes));
  closeSync(handle);
}

/**
 * Sorted: the choice must not depend on the order in which a file system lists. Those with other names are left out. Node's
 * own recursive listing follows links to directories: without end, and out of the tree.
 */
function regularFiles(tree: string): string[] {
  const files: string[] = [];
  const list = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const at = path.join(directory, entry.name);
      if (entry.isDirectory()) list(at);
      else if (entry.isFile() && lstatSync(at).nlink === 1) files.push(at);
    }
  };
  list(tree);
  return files.sort();
}
