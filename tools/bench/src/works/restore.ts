import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Work } from '../bench.ts';
import { assertSame } from '../corpus/assert-same.ts';
import { makePrivateCopy } from '../corpus/private-copy.ts';
import { inTurn } from '../in-turn.ts';
import { settleDisk } from '../machine/settle-disk.ts';

/** All trees to empty directories: Lifeboat's agent to where they were, by plan and run; peers wherever they like. */
export const restore: Work = async (bench) => {
  const corpus = await bench.corpus();
  const trees = await makePrivateCopy(corpus, bench.dir);
  const aside = path.join(bench.dir, 'aside');
  const contenders = await inTurn(bench, 'restore', async (contender) => {
    await contender.begin(trees);
    await contender.backup(corpus.surveys);
    await contender.settle();
    await mkdir(aside);
    for (const tree of trees) {
      await rename(tree, path.join(aside, path.basename(tree)));
      await mkdir(tree);
    }
    await settleDisk(bench.dir);
    const restored = await contender.restore();
    await assertSame(contender, corpus.trees, restored.trees);
    for (const tree of trees) {
      await rm(tree, { recursive: true });
      await rename(path.join(aside, path.basename(tree)), tree);
    }
    await rm(aside, { recursive: true });
    return restored.measured;
  });
  return [{ work: 'restore', corpus: corpus.name, contenders }];
};
