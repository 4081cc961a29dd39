import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseProperties, propertyProblems } from './properties.ts';

function read(text: string): Record<string, string> {
  return Object.fromEntries(parseProperties(text).map(({ key, value }) => [key, value]));
}

/** As java.util.Properties.store writes. */
function write(key: string, value: string): string {
  const escape = (text: string, spaces: RegExp): string =>
    text
      .replace(/[\\=:#!]/g, '\\$&')
      .replace(/\t/g, '\\t')
      .replace(/\n/g, '\\n')
      .replace(/\r/g, '\\r')
      .replace(/\f/g, '\\f')
      .replace(spaces, '\\ ')
      .replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${escape(key, / /g)}=${escape(value, /^ /)}`;
}

describe('parseProperties', () => {
  it.each([
    ['a=b', { a: 'b' }],
    ['a = b ', { a: 'b ' }],
    ['a:b', { a: 'b' }],
    ['a b c', { a: 'b c' }],
    ['a  =  b', { a: 'b' }],
    ['a', { a: '' }],
    ['  a=b', { a: 'b' }],
    ['# a=b\n! c=d\n\n  # e=f', {}],
    ['a=b # no comment', { a: 'b # no comment' }],
    ['a=one,\\\n    two,\\\n\tthree', { a: 'one,two,three' }],
    ['a=ends in a backslash\\\\\nb=c', { a: 'ends in a backslash\\', b: 'c' }],
    ['a=\\u00fc\\t\\n\\q', { a: 'ü\t\nq' }],
    ['a\\ b\\=c\\:d=e', { 'a b=c:d': 'e' }],
    ['a=b=c:d', { a: 'b=c:d' }],
    ['a=b\r\nc=d\re=f', { a: 'b', c: 'd', e: 'f' }],
    [
      'cluster.link.bind.addr["cluster-link-control"]=localhost',
      { 'cluster.link.bind.addr["cluster-link-control"]': 'localhost' },
    ],
    ['# comment ends in a backslash\\\na=b', { a: 'b' }],
    ['a=last line continues\\', { a: 'last line continues' }],
    ['a=\\u12', { a: 'u12' }],
  ])('reads %j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('keeps repeated keys in order, each with the line on which it begins', () => {
    expect(parseProperties('include-and-override=a\n\nk=1\\\n  2\ninclude-and-override=b\n')).toEqual([
      { key: 'include-and-override', value: 'a', line: 1 },
      { key: 'k', value: '12', line: 3 },
      { key: 'include-and-override', value: 'b', line: 5 },
    ]);
  });

  it('gives back what Java would write', () => {
    const unit = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(unit, fc.string({ unit: 'binary' }), (key, value) => {
        expect(parseProperties(write(key, value))).toEqual([{ key, value, line: 1 }]);
      }),
    );
  });

  it('reads a setting of very many lines, and one of very many backslashes', () => {
    const many = 200_000;
    expect(parseProperties(`a=${'x\\\n'.repeat(many)}`)).toEqual([
      { key: 'a', value: 'x'.repeat(many), line: 1 },
    ]);
    expect(parseProperties(`a=${'\\'.repeat(2 * many)}b`)[0]?.value).toHaveLength(many + 1);
  });

  it('never fails, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\\', 'u', '=', ':', ' ', '\n', '\r', '#', 'a', '0') }),
        (text) => {
          for (const { line } of parseProperties(text)) expect(line).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('propertyProblems', () => {
  it('names the lines at which the portal would give up the whole file, and shows nothing of them', () => {
    expect(propertyProblems('/f', 'a=b\nsecret=x\\u12zz\nc=\\\\users\nd=\\u00e4')).toEqual([
      expect.stringMatching(/^\/f:2: (?!.*12zz)/),
    ]);
    expect(propertyProblems('/f', 'a=b\n\0')).toEqual([expect.stringMatching(/^\/f:2: not a text file/)]);
  });

  it('has nothing against what Java writes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({ unit: 'binary' }),
        (key, value) => {
          expect(propertyProblems('/f', write(key, value))).toEqual([]);
        },
      ),
    );
  });
});
