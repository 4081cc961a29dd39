import { describe, expect, it } from '@jest/globals';
import { durationSeconds } from './duration.ts';

describe('a time on the command line', () => {
  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['1h30m', 5400],
    ['2d', 172_800],
  ])('%s is %d seconds', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });

  it.each(['', '30', 'm', '-5m', '1.5h', '30m ', '30m x', '0s', '9'.repeat(30) + 'd'])(
    'is not %j',
    (text) => {
      expect(() => durationSeconds(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});
