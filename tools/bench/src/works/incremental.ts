import type { Work } from '../bench.ts';
import { inTurn } from '../in-turn.ts';
import { assertLittleSent } from './assert-little-sent.ts';

/** A second backup with nothing changed since. */
export const incremental: Work = async (bench) => {
  const { name, trees, surveys } = await bench.corpus();
  const contenders = await inTurn(bench, 'incremental', async (contender) => {
    await contender.begin(trees);
    await contender.backup(surveys);
    await contender.settle();
    const measured = await contender.backup(surveys);
    assertLittleSent(contender.name, measured, surveys);
    return measured;
  });
  return [{ work: 'incremental', corpus: name, contenders }];
};
