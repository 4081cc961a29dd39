import { closeSync, lutimesSync, mkdirSync, openSync, symlinkSync, utimesSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { seededRandom, type SeededRandom } from '@lifeboat/testkit';

import { noise, text, type Content } from './content.ts';
import type { SyntheticSpec } from './synthetic-spec.ts';

const FILES_A_DIRECTORY = 100;
const DIRECTORIES_A_DIRECTORY = 50;
const BLOCK = 2 ** 20;
const BREATH = 100;
const COPIES = 0.1;
/** Times of files lie in the year before this instant, in seconds. */
const LATEST = 1_750_000_000;
const YEAR = 365 * 86_400;

/** Makes the corpus below `root`, which must not be there. */
export async function makeSynthetic(root: string, spec: SyntheticSpec): Promise<void> {
  mkdirSync(root, { recursive: true });
  const directories = new Set<string>();
  for (const [index, { size, original, time }] of planFiles(spec).entries()) {
    const directory = path.join(root, directoryOf(index));
    if (!directories.has(directory)) {
      makeDirectory(directory, nameOf(index));
      directories.add(directory);
    }
    if (index % BREATH === 0) await breathe(); // a signal may have come
    await writeFile(path.join(directory, nameOf(index)), size, contentOf(spec.seed, original), time);
  }
  if (spec.big > 0) await writeFile(path.join(root, 'big.bin'), spec.big, noise(`${spec.seed} big`), LATEST);
  for (const directory of directories) utimesSync(directory, LATEST, LATEST);
}

interface PlannedFile {
  readonly size: number;
  /** The number of the file whose content this is: its own, or one before it, as attachments are sent around. */
  readonly original: number;
  readonly time: number;
}

/** The order of all draws is part of what a spec means. */
function planFiles({ files, bytes, seed }: SyntheticSpec): PlannedFile[] {
  const random = seededRandom(`synthetic ${seed}`);
  const planned: PlannedFile[] = [];
  for (const [index, size] of drawSizes(random, files, bytes).entries()) {
    const copied = random.next() < COPIES ? planned[random.integer(index)] : undefined;
    const time = LATEST - random.integer(YEAR);
    planned.push({ size, original: index, ...copied, time });
  }
  return planned;
}

function makeDirectory(directory: string, first: string): void {
  mkdirSync(directory, { recursive: true });
  symlinkSync(first, path.join(directory, 'first'));
  lutimesSync(path.join(directory, 'first'), LATEST, LATEST);
}

/** Many small ones and a few large ones: log-normal, as of file systems that were looked at; in all about `bytes`. */
function drawSizes(random: SeededRandom, files: number, bytes: number): number[] {
  const weights = Array.from({ length: files }, () => Math.exp(2 * normal(random)));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => Math.round((weight / all) * bytes));
}

/** Nearly the normal distribution: the sum of twelve draws, of variance one. */
function normal(random: SeededRandom): number {
  let sum = -6;
  for (let draw = 0; draw < 12; draw += 1) sum += random.next();
  return sum;
}

/** Six in ten are text, three do not compress, one is half of each, as office documents are. */
function contentOf(seed: string, index: number): Content {
  const own = `${seed} ${index}`;
  const kind = index % 10;
  if (kind < 6) return text(own);
  if (kind < 9) return noise(own);
  const halves = [text(own), noise(own)] as const;
  return (length) => Buffer.concat([halves[0](length >> 1), halves[1](length - (length >> 1))]);
}

async function writeFile(file: string, size: number, content: Content, time: number): Promise<void> {
  const handle = openSync(file, 'wx');
  for (let left = size; left > 0; left -= BLOCK) {
    writeSync(handle, content(Math.min(left, BLOCK)));
    if (left > BLOCK) await breathe();
  }
  closeSync(handle);
  utimesSync(file, time, time);
}

function directoryOf(index: number): string {
  const number = Math.floor(index / FILES_A_DIRECTORY);
  return path.join(`part-${Math.floor(number / DIRECTORIES_A_DIRECTORY)}`, `folder-${number}`);
}

function nameOf(index: number): string {
  return `document-${index}.dat`;
}
