import { existsSync } from 'node:fs';
import path from 'node:path';
import { LifeboatError } from '@lifeboat/kernel';

import type { Corpus } from './corpus.ts';
import { makeSynthetic } from './make-synthetic.ts';
import { survey } from './survey.ts';
import { parseSyntheticSpec, SYNTHETIC } from './synthetic-spec.ts';
import { warmPageCache } from '../machine/warm-page-cache.ts';

/** Finds or makes (below `dir`) what the user named, and reads it once: the page cache is warm for everybody alike. */
export async function openCorpus(name: string, dir: string): Promise<Corpus> {
  const trees = name.startsWith(SYNTHETIC) ? [await made(name, dir)] : found(name);
  await warmPageCache(trees);
  return { name, trees, surveys: trees.map(survey) };
}

async function made(name: string, dir: string): Promise<string> {
  const tree = path.join(dir, 'corpus');
  await makeSynthetic(tree, parseSyntheticSpec(name));
  return tree;
}

function found(name: string): string[] {
  return name.split(',').map((directory) => {
    if (existsSync(directory)) return path.resolve(directory);
    throw new LifeboatError('USAGE', `--corpus: there is no directory ${directory}`);
  });
}
