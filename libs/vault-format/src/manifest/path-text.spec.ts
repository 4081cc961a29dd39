import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pathOfText, pathText } from '../index.ts';

describe('pathText', () => {
  it.each([
    ['plain and \u{e4}', Buffer.from('plain and \u{e4}')],
    ['a\\xff\\xfeb', Buffer.from([0x61, 0xff, 0xfe, 0x62])],
    ['\\xe4\u{e4}', Buffer.from([0xe4, 0xc3, 0xa4])],
    ['C:\\temp', Buffer.from('C:\\temp')],
    ['\\x5cxff', Buffer.from('\\xff')],
    ['\u{fffd}', Buffer.from('\u{fffd}')],
  ])('is %s', (text, bytes) => {
    expect(pathText(bytes)).toBe(text);
    expect(pathOfText(text)).toEqual(bytes);
  });

  it('leads back to the bytes, whatever they are', () => {
    const bytes = fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 4 }).map((some) => Buffer.from(some)),
          fc.constantFrom('\\', 'x', '5c', 'ff', '\u{1f600}').map((text) => Buffer.from(text)),
        ),
        { maxLength: 10 },
      )
      .map((list) => Buffer.concat(list));
    fc.assert(
      fc.property(bytes, (path) => {
        expect(pathOfText(pathText(path))).toEqual(path);
      }),
      { numRuns: 2000 },
    );
  });
});
