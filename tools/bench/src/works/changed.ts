import type { Work } from '../bench.ts';
import { appendToSome } from '../corpus/changes.ts';
import { makePrivateCopy } from '../corpus/private-copy.ts';
import { survey } from '../corpus/survey.ts';
import { inTurn } from '../in-turn.ts';
import { settleDisk } from '../machine/settle-disk.ts';
import { assertLittleSent } from './assert-little-sent.ts';

/** A second backup after 1 % of the files were appended to. */
export const changed: Work = async (bench) => {
  const corpus = await bench.corpus();
  const trees = await makePrivateCopy(corpus, bench.dir);
  let turn = 0;
  const contenders = await inTurn(bench, 'changed', async (contender) => {
    await contender.begin(trees);
    await contender.backup(trees.map(survey));
    await contender.settle();
    turn += 1;
    const filesChanged = appendToSome(trees, `changed ${turn}`);
    await settleDisk(bench.dir);
    const surveys = trees.map(survey);
    const measured = await contender.backup(surveys);
    assertLittleSent(contender.name, measured, surveys);
    return { ...measured, figures: { filesChanged } };
  });
  return [{ work: 'changed', corpus: corpus.name, contenders }];
};
