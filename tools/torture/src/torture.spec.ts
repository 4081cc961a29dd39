import { describe, expect, it } from '@jest/globals';
import { replaySeeds } from './replay-seeds.ts';
import { SUITE_NAMES, SUITES, type SuiteName } from './suites.ts';

/** Cases of each suite: some seconds' worth. `npm run torture` goes on for as long as one likes. */
const CASES: Readonly<Record<SuiteName, number>> = {
  decoders: 500,
  'bit-rot': 10,
  'crash-points': 10,
  model: 1,
};
const SEED = 'npm test';

describe.each(SUITE_NAMES)('%s', (name) => {
  it('finds nothing wrong in a short run', async () => {
    const signal = new AbortController().signal;
    const outcome = await SUITES[name].run({ seed: SEED, first: 0, cases: CASES[name], signal });
    expect(outcome).toEqual({ counts: expect.objectContaining({ cases: CASES[name] }) });
  });

  it('finds nothing wrong any more with the seeds that found something', async () => {
    expect(await replaySeeds(name)).not.toHaveProperty('failure');
  });
});
