import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Bench, Work } from '../bench.ts';
import { openCorpus } from '../corpus/open-corpus.ts';
import type { WorkResult } from '../report/work-result.ts';
import { backup } from './backup.ts';

const FILES = [10_000, 100_000, 1_000_000];
const FILES_QUICK = FILES.slice(0, 2);

/** First backups of more and more small files, by Lifeboat alone: how its memory and time grow with their number. */
export const memory: Work = async (bench) => {
  const results: WorkResult[] = [];
  for (const files of bench.quick ? FILES_QUICK : FILES) {
    const dir = path.join(bench.dir, `memory-${files}`);
    const corpus = openCorpus(`synthetic:files=${files},bytes=${files}k`, dir);
    const grown: Bench = { ...bench, contenders: bench.contenders.slice(0, 1), corpus: () => corpus };
    for (const result of await backup(grown)) results.push({ ...result, work: 'memory' });
    await rm(dir, { recursive: true });
  }
  return results;
};
