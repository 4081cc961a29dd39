import { describe, expect, it } from '@jest/globals';

import { QUICK_CORPUS, readOptions } from './options.ts';

describe('readOptions', () => {
  it('measures one work five times, or all of them', () => {
    expect(readOptions(['backup', '--corpus', '/a,/b', '--peers', 'restic,borg'])).toMatchObject({
      works: ['backup'],
      corpus: '/a,/b',
      peers: ['restic', 'borg'],
      runs: 5,
      until: 'sealed',
    });
    expect(readOptions(['all', '--corpus', '/a']).works).toHaveLength(8);
  });

  it('is quick with a corpus of its own and one run, unless said otherwise', () => {
    expect(readOptions(['all', '--quick'])).toMatchObject({ corpus: QUICK_CORPUS, runs: 1 });
    expect(readOptions(['restore', '--quick', '--runs', '3'])).toMatchObject({ runs: 3 });
  });

  it('asks for no corpus where none is needed', () => {
    expect(readOptions(['lookup']).corpus).toBeUndefined();
  });

  it.each([
    [[]],
    [['nothing']],
    [['backup']],
    [['backup', 'restore', '--corpus', '/a']],
    [['backup', '--corpus', '/a', '--runs', '0']],
    [['backup', '--corpus', '/a', '--until', 'done']],
    [['backup', '--corpus', '/a', '--made-up']],
  ])('refuses %j', (args) => {
    expect(() => readOptions(args)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
