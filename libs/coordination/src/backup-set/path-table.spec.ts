import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NameIndex, nameOf } from './name-index.ts';
import { PathTable } from './path-table.ts';

const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
const path = fc.string({ unit: byte, minLength: 1, maxLength: 30 });

describe('PathTable', () => {
  it('is a Map of paths', () => {
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 50 }), path, (paths, other) => {
        const table = new PathTable();
        const map = new Map(paths.map((one, at) => [one, at * 1e10]));
        for (const [one, value] of map) table.add(one, value);
        for (const one of [...paths, other]) {
          const number = table.find(one);
          expect(number < 0 ? undefined : table.valueAt(number)).toBe(map.get(one));
        }
        expect(paths.map((_, number) => table.pathAt(number))).toEqual(paths);
      }),
    );
  });

  it('grows, past the slots it began with and past a slab of bytes', () => {
    const table = new PathTable();
    const paths = Array.from({ length: 5000 }, (_, at) => `${at}/${'x'.repeat(at % 600)}`);
    paths.push('y'.repeat(3 << 20), 'z');
    for (const [at, one] of paths.entries()) table.add(one, at);
    expect(paths.every((one, at) => table.find(one) === at && table.pathAt(at) === one)).toBe(true);
    expect(table.find('0')).toBe(-1);
  });
});

describe('NameIndex', () => {
  it('finds what a search through all paths finds', () => {
    const part = fc.constantFrom('1', '2', 'a', '1.0');
    const paths = fc.uniqueArray(
      fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(paths, (all) => {
        const table = new PathTable();
        for (const one of all) table.add(one, 0);
        const index = new NameIndex(table);
        for (const wanted of [...all, '1/1.0'].map((one) => nameOf(one) ?? one)) {
          const found = index.find(wanted).map((number) => table.pathAt(number));
          expect(found).toEqual(all.filter((one) => nameOf(one) === wanted));
        }
      }),
    );
  });
});
