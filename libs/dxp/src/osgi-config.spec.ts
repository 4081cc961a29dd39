import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { osgiText, parseOsgiConfig } from './osgi-config.ts';

function values(text: string) {
  return parseOsgiConfig(text).map(({ key, value }) => [key, value]);
}

describe('parseOsgiConfig', () => {
  it('reads the types that the portal writes', () => {
    const text = [
      '# a comment',
      'rootDir="data/document_library"',
      'title=T"typed"',
      'port = I"9201"',
      'companyId=L"9007199254740993"',
      'enabled=B"true"',
      'disabled=B"false"',
      'bits=F"1084227584"',
      'real=D"2.5"',
      'byte=X"7"',
      '"quoted.key"="v"',
      '',
    ].join('\n');
    expect(values(text)).toEqual([
      ['rootDir', 'data/document_library'],
      ['title', 'typed'],
      ['port', 9201],
      ['companyId', 9007199254740993n],
      ['enabled', true],
      ['disabled', false],
      ['bits', 5],
      ['real', 2.5],
      ['byte', 7],
      ['quoted.key', 'v'],
    ]);
  });

  it('reads arrays over several lines, with and without a comma at the end, and vectors', () => {
    const text =
      'mappings=[ \\\n  "screenName\\=cn", \\\n  "emailAddress\\=mail", \\\n  ]\nempty=[]\nnumbers=I["1","2"]\nlist=(L"x"\n';
    expect(() => parseOsgiConfig(text)).toThrow(/line 7/);
    expect(values(text.replace('list=(L"x"', 'list=L("1","2")'))).toEqual([
      ['mappings', ['screenName=cn', 'emailAddress=mail']],
      ['empty', []],
      ['numbers', [1, 2]],
      ['list', [1n, 2n]],
    ]);
  });

  it('says on which line an entry begins', () => {
    const text = '# note\n\na=[ \\\n "1", \\\n ]\nb="x"\r\nc="y"';
    expect(parseOsgiConfig(text).map(({ line }) => line)).toEqual([3, 6, 7]);
  });

  it.each([
    ['no value'],
    ['a='],
    ['a="never ends'],
    ['a=["1" "2"]'],
    ['a=I"one"'],
    ['a=L"1.5"'],
    ['a=D""'],
    ['='],
  ])('refuses %j with the line', (text) => {
    expect(() => parseOsgiConfig(`x="y"\n${text}`)).toThrow(
      expect.objectContaining({ code: 'FORMAT_UNSUPPORTED', message: expect.stringMatching(/line [2-3]/) }),
    );
  });

  it('ends on every text: with values, or with the one error it names', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', '=', '"', '[', ']', '(', ',', '\\', '\n', ' ', 'I', '1', '#'),
        }),
        (text) => {
          try {
            parseOsgiConfig(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'FORMAT_UNSUPPORTED' });
          }
        },
      ),
    );
  });

  it('gives back any string that is written with escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(parseOsgiConfig(`k="${value.replace(/["\\=\s]/g, '\\$&')}"`)).toEqual([
          { key: 'k', value, line: 1 },
        ]);
      }),
    );
    expect(osgiText(['a', 'b'])).toBe('a,b');
    expect(osgiText(5n)).toBe('5');
  });
});
