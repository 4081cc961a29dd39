import type { Work } from '../bench.ts';
import { assertSame } from '../corpus/assert-same.ts';
import { damageSome } from '../corpus/changes.ts';
import { makePrivateCopy } from '../corpus/private-copy.ts';
import { inTurn } from '../in-turn.ts';
import { settleDisk } from '../machine/settle-disk.ts';

/**
 * Trees of which 1 % of the files are damaged are brought back in place; a peer that knows no better restores all of
 * them beside.
 */
export const delta: Work = async (bench) => {
  const corpus = await bench.corpus();
  let turn = 0;
  const contenders = await inTurn(bench, 'delta', async (contender) => {
    const trees = await makePrivateCopy(corpus, bench.dir);
    await contender.begin(trees);
    await contender.backup(corpus.surveys);
    await contender.settle();
    turn += 1;
    const filesDamaged = damageSome(trees, `delta ${turn}`);
    await settleDisk(bench.dir);
    const { measured, trees: restored } = await contender.restore();
    await assertSame(contender, corpus.trees, restored);
    return { ...measured, figures: { ...measured.figures, filesDamaged } };
  });
  return [{ work: 'delta', corpus: corpus.name, contenders }];
};
