import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { reusableZstd } from './zstd.ts';

const zstd = reusableZstd()!;

const compressible = fc
  .tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.integer({ min: 64, max: 50_000 }))
  .map(([text, length]) => Buffer.alloc(length, text));
const anything = fc.uint8Array({ minLength: 1, maxLength: 5000 }).map((bytes) => Buffer.from(bytes));

function compress(raw: Buffer): Buffer {
  const target = Buffer.alloc(raw.length + 1000);
  return target.subarray(0, zstd.compress(raw, target, 3));
}

describe('zstd with contexts of its own', () => {
  it('is there: the pinned Node has node:ffi and exports zstd', () => {
    expect(zstd).toBeDefined();
  });

  it('writes the very bytes that node:zlib writes', () => {
    fc.assert(
      fc.property(fc.oneof(compressible, anything), (raw) => {
        const theirs = zstdCompressSync(raw, {
          pledgedSrcSize: raw.length,
          params: { [constants.ZSTD_c_compressionLevel]: 3 },
        });
        expect(compress(raw).equals(theirs)).toBe(true);
      }),
    );
  });

  it('reads what it wrote, and node:zlib reads it too', () => {
    fc.assert(
      fc.property(fc.oneof(compressible, anything), (raw) => {
        const packed = compress(raw);
        expect(zstd.decompress(packed, raw.length).equals(raw)).toBe(true);
        expect(zstdDecompressSync(packed).equals(raw)).toBe(true);
      }),
    );
  });

  it('reads what it wrote of a long chunk with smaller tables, and node:zlib reads it too', () => {
    const raw = Buffer.concat(
      Array.from({ length: 40_000 }, (_, i) => Buffer.from(`line ${(i * i) % 9973}\n`)),
    );
    const packed = compress(raw);
    expect(raw.length).toBeGreaterThan(256 * 1024);
    expect(packed.length).toBeLessThan(raw.length / 3);
    expect(zstd.decompress(packed, raw.length).equals(raw)).toBe(true);
    expect(zstdDecompressSync(packed).equals(raw)).toBe(true);
  });

  it('says so when the target is too small, and leaves what lies behind it alone', () => {
    const raw = Buffer.alloc(5000, 'abcdefgh');
    const room = Buffer.alloc(100, 0xee);
    expect(zstd.compress(raw, room.subarray(0, 8), 3)).toBeUndefined();
    expect(room.subarray(8).every((byte) => byte === 0xee)).toBe(true);
  });

  it('refuses a frame that holds more than was promised, a cut one, and bytes that are none', () => {
    const packed = compress(Buffer.alloc(100_000, 'bomb'));
    expect(() => zstd.decompress(packed, 99_999)).toThrow('zstd refuses');
    expect(() => zstd.decompress(packed.subarray(0, -1), 100_000)).toThrow('zstd refuses');
    expect(() => zstd.decompress(Buffer.from('no zstd frame at all'), 100_000)).toThrow('zstd refuses');
  });
});
