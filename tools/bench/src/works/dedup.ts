import type { Work } from '../bench.ts';
import { inTurn } from '../in-turn.ts';

/** A second machine with the same trees: what it costs to store them once more. */
export const dedup: Work = async (bench) => {
  const { name, trees, surveys } = await bench.corpus();
  const contenders = await inTurn(bench, 'dedup', async (contender) => {
    await contender.begin(trees);
    const first = (await contender.backup(surveys)).stored!;
    // Until they are proved, the bytes of one node do not count for another.
    await contender.settle();
    await contender.addNode();
    const measured = await contender.backup(surveys);
    const bytesMore = measured.stored! - first;
    return { ...measured, figures: { bytesMore, shareMore: bytesMore / first } };
  });
  return [{ work: 'dedup', corpus: name, contenders }];
};
