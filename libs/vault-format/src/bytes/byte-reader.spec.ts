import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusalOf } from '../testing/expect-typed.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

const readerOf = (...bytes: number[]): ByteReader => new ByteReader(Buffer.from(bytes), 'test');

describe('a varint', () => {
  it('gives back every safe integer that was written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const writer = new ByteWriter(1);
        writer.varint(value);
        const reader = new ByteReader(writer.view(), 'test');
        expect([reader.varint(), reader.remaining]).toEqual([value, 0]);
      }),
      { examples: [[0], [127], [128], [2 ** 31 - 1], [2 ** 31], [Number.MAX_SAFE_INTEGER]] },
    );
  });

  it.each<[what: string, bytes: number[], reason: string]>([
    ['with a zero at its end', [0x80, 0], 'not in shortest form'],
    ['above 2^53 - 1', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], 'out of range'],
    ['of nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 'out of range'],
    ['that is cut', [0x80], 'ends too early'],
  ])('%s is damage', (_, bytes, reason) => {
    expect(refusalOf(() => readerOf(...bytes).varint())).toBe('FORMAT_DAMAGED');
    expect(() => readerOf(...bytes).varint()).toThrow(reason);
  });

  it('of what is no count is never written: our bug', () => {
    for (const value of [-1, 1.5, 2 ** 53]) expect(() => new ByteWriter().varint(value)).toThrow('invariant');
  });
});

describe('a count', () => {
  it('that no number of bytes can have is damage', () => {
    expect(refusalOf(() => readerOf(0, 0x20, 0, 0, 0, 0, 0, 0).count())).toBe('FORMAT_DAMAGED');
    expect(readerOf(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff).count()).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('a blob', () => {
  it('may be a piece of other bytes, short or long', () => {
    const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => i));
    for (const [start, end] of [
      [0, 100],
      [3, 100],
      [3, 90],
      [3, 10],
      [5, 5],
    ] as const) {
      const writer = new ByteWriter(1);
      writer.raw(bytes, start, end);
      writer.blob(bytes, start);
      const reader = new ByteReader(writer.copy(), 'test');
      expect(reader.take(end - start)).toEqual(bytes.subarray(start, end));
      expect([reader.blob(), reader.remaining]).toEqual([bytes.subarray(start), 0]);
    }
  });

  it('longer than what is there is damage', () => {
    expect(refusalOf(() => readerOf(3, 1, 2).blob())).toBe('FORMAT_DAMAGED');
  });
});
