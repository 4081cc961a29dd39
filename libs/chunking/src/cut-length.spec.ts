import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutLength, gearTable, MAX_CHUNK, MIN_CHUNK } from './index.ts';

const TABLE = gearTable(Buffer.alloc(32, 7));

/** Bytes that every machine makes alike: SHA-256 of a seed and a counter, on end. */
function seededBytes(seed: string, length: number): Buffer {
  const blocks = [];
  for (let i = 0; i * 32 < length; i++) blocks.push(createHash('sha256').update(`${seed}/${i}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** Chunk lengths of a stream that arrives in slices, cut as a reader with one window would. */
function lengthsOf(slices: Iterable<Buffer>, table = TABLE): number[] {
  const lengths: number[] = [];
  let window = Buffer.alloc(0);
  const cut = (atEnd: boolean): void => {
    while (window.length >= MAX_CHUNK || (atEnd && window.length > 0)) {
      const length = cutLength(table, window, 0, window.length);
      lengths.push(length);
      window = window.subarray(length);
    }
  };
  for (const slice of slices) {
    window = Buffer.concat([window, slice]);
    cut(false);
  }
  cut(true);
  return lengths;
}

function* sliced(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const end = at + sizes[turn % sizes.length]!;
    yield bytes.subarray(at, end);
    at = end;
  }
}

const STREAM = seededBytes('lifeboat chunking golden', 12 * 1024 * 1024);

describe('cutLength', () => {
  it('cuts the golden stream where it always has: a change here orphans every vault', () => {
    expect(lengthsOf([STREAM])).toEqual([
      1458900, 932959, 1249204, 1281284, 2069607, 1107994, 1215576, 1146397, 1412245, 708746,
    ]);
  });

  it('cuts elsewhere under another key', () => {
    const other = lengthsOf([STREAM], gearTable(Buffer.alloc(32, 8)));
    const ends = (lengths: number[]): number[] =>
      lengths.slice(0, -1).map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0));
    const first = new Set(ends(lengthsOf([STREAM])));
    expect(ends(other).filter((end) => first.has(end))).toEqual([]);
  });

  it('does not depend on how the stream was sliced', () => {
    const whole = lengthsOf([STREAM]);
    const raggedSizes = fc.array(fc.integer({ min: 64 * 1024, max: 5 * 1024 * 1024 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(raggedSizes, (sizes) => {
        expect(lengthsOf(sliced(STREAM, sizes))).toEqual(whole);
      }),
      { numRuns: 5 },
    );
  });

  it('does not depend on where in memory the bytes lie', () => {
    const shifted = Buffer.concat([Buffer.alloc(13, 1), STREAM]);
    expect(cutLength(TABLE, shifted, 13, shifted.length)).toBe(cutLength(TABLE, STREAM, 0, STREAM.length));
  });

  it('finds its cuts again after an insertion near the start', () => {
    const whole = lengthsOf([STREAM]);
    const changed = lengthsOf([Buffer.concat([Buffer.from('inserted'), STREAM])]);
    expect(changed.slice(-3)).toEqual(whole.slice(-3));
  });

  it('keeps every chunk but the last within its bounds, and loses no byte', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 1, max: 9 * 1024 * 1024 }),
        (fill, length) => {
          // Half of it one byte repeated: the worst input for a rolling hash.
          const bytes = Buffer.from(STREAM.subarray(0, length)).fill(fill, 0, length >>> 1);
          const lengths = lengthsOf([bytes]);
          expect(lengths.reduce((a, b) => a + b, 0)).toBe(length);
          for (const chunk of lengths.slice(0, -1)) {
            expect(chunk).toBeGreaterThanOrEqual(MIN_CHUNK);
            expect(chunk).toBeLessThanOrEqual(MAX_CHUNK);
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  it('finds a cut however close behind it the stream ends', () => {
    let start = 0;
    for (const length of lengthsOf([STREAM]).slice(0, -1)) {
      for (let behind = 0; behind <= 4; behind++)
        expect(cutLength(TABLE, STREAM, start, start + length + behind)).toBe(length);
      start += length;
    }
  });

  it('leaves a stream of up to the minimum in one piece', () => {
    for (const length of [0, 1, MIN_CHUNK - 1, MIN_CHUNK])
      expect(cutLength(TABLE, STREAM, 0, length)).toBe(length);
  });
});

describe('gearTable', () => {
  it('expands a key as FORMAT.md says, for ever', () => {
    const table = gearTable(Buffer.from(Array.from({ length: 32 }, (_, i) => i)));
    expect([table[0], table[1], table[8], table[255]]).toEqual([
      3084576377, 1990872274, 4265350150, 2257158342,
    ]);
  });

  it('refuses a key of another length', () => {
    expect(() => gearTable(new Uint8Array(16))).toThrow('32 bytes');
  });
});
