import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { comparePaths } from '../index.ts';

const path = fc
  .array(fc.constantFrom('a', 'b', '-', '.', '/', '\u{e9}', '!'), { maxLength: 8 })
  .map((list) => Buffer.from(list.join('')));

describe('comparePaths', () => {
  it('is byte order, component by component', () => {
    const components = (bytes: Buffer): Buffer[] =>
      bytes
        .toString('latin1')
        .split('/')
        .map((text) => Buffer.from(text, 'latin1'));
    const slow = (a: Buffer, b: Buffer): number => {
      const [x, y] = [components(a), components(b)];
      for (let i = 0; i < Math.min(x.length, y.length); i++) {
        const order = Buffer.compare(x[i]!, y[i]!);
        if (order !== 0) return order;
      }
      return x.length - y.length;
    };
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(slow(a, b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('puts what is below a directory right behind it', () => {
    const sorted = ['', 'a', 'a/b', 'a/b/c', 'a/c', 'a!', 'a-b', 'a.txt', 'aa'];
    const shuffled = sorted
      .toReversed()
      .map((text) => Buffer.from(text))
      .sort(comparePaths);
    expect(shuffled.map(String)).toEqual(sorted);
  });
});
