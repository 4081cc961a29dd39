import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Corpus } from './corpus.ts';
import { runTool } from '../machine/run-tool.ts';
import { warmPageCache } from '../machine/warm-page-cache.ts';

/** A copy of the corpus that a work may change, with every time, link and attribute; the path of each tree. */
export async function makePrivateCopy({ trees }: Corpus, dir: string): Promise<string[]> {
  const copy = path.join(dir, 'copy');
  await rm(copy, { recursive: true, force: true });
  const copies: string[] = [];
  for (const [index, tree] of trees.entries()) {
    const to = path.join(copy, `${index}-${path.basename(tree)}`);
    await mkdir(path.dirname(to), { recursive: true });
    await runTool('cp', ['-a', tree, to]);
    copies.push(to);
  }
  await warmPageCache(copies);
  return copies;
}
