import type { Work } from '../bench.ts';
import { inTurn } from '../in-turn.ts';

/** A first backup into an empty repository. */
export const backup: Work = async (bench) => {
  const { name, trees, surveys } = await bench.corpus();
  const contenders = await inTurn(bench, 'backup', async (contender) => {
    await contender.begin(trees);
    return contender.backup(surveys);
  });
  return [{ work: 'backup', corpus: name, contenders }];
};
