import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isZero } from './index.ts';

describe('isZero', () => {
  it('agrees with a look at every byte, whatever the alignment', () => {
    const bytes = fc
      .array(fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 128), { maxLength: 40 })
      .map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, fc.nat(40), fc.nat(40), (array, a, b) => {
        const start = Math.min(a, b, array.length);
        const end = Math.min(Math.max(a, b), array.length);
        expect(isZero(array, start, end)).toBe(array.subarray(start, end).every((byte) => byte === 0));
      }),
    );
  });

  it('sees a single bit at the end of a large run', () => {
    const bytes = Buffer.alloc(1024 * 1024);
    expect(isZero(bytes, 0, bytes.length)).toBe(true);
    bytes[bytes.length - 1] = 1;
    expect(isZero(bytes, 0, bytes.length)).toBe(false);
    expect(isZero(bytes, 0, bytes.length - 1)).toBe(true);
  });
});
