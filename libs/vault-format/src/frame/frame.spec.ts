import { randomBytes } from 'node:crypto';
import { crc32, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { MAX_CHUNK } from '@lifeboat/chunking';
import fc from 'fast-check';
import {
  computeChunkId,
  decodeFrameHeader,
  encodeKeyFrame,
  FRAME_HEADER_LENGTH,
  FrameSealer,
  keyFrameBody,
  keyIdOf,
  MAX_BODY_LENGTH,
  openFrame,
} from '../index.ts';
import { refusalOf } from '../testing/expect-typed.ts';
import { CONTEXT, ID_KEY, SESSION_KEY, WRAPPED_KEY } from '../testing/fixed-keys.ts';
import { decompress } from './compression.ts';

const newSealer = (): FrameSealer => new FrameSealer(CONTEXT, keyIdOf(WRAPPED_KEY), SESSION_KEY);
const idOf = (raw: Uint8Array): Buffer => computeChunkId(ID_KEY, 'data', raw);
const seal = (raw: Uint8Array): Buffer => newSealer().seal('data', idOf(raw), raw);

describe('frames', () => {
  it('give back any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000 }),
        fc.constantFrom('data', 'segment', 'root'),
        (raw, type) => {
          const frame = newSealer().seal(type, computeChunkId(ID_KEY, type, raw), raw);
          const opened = openFrame(frame, SESSION_KEY);
          expect(opened.raw).toEqual(Buffer.from(raw));
          expect(opened.header.type).toBe(type);
          expect(frame).toHaveLength(FRAME_HEADER_LENGTH + opened.header.bodyLength);
        },
      ),
    );
  });

  it('refuse every changed bit', () => {
    const frame = seal(Buffer.from('some text that is long enough to be worth compressing '.repeat(4)));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const changed = Buffer.from(frame);
      changed[bit >>> 3]! ^= 1 << (bit & 7);
      expect(refusalOf(() => openFrame(changed, SESSION_KEY))).toBeDefined();
    }
  });

  it('refuse a header moved onto another body', () => {
    const sealer = newSealer();
    const [a, b] = [Buffer.from('first'), Buffer.from('other')].map((raw) =>
      sealer.seal('data', idOf(raw), raw),
    ) as [Buffer, Buffer];
    const forged = Buffer.concat([a.subarray(0, FRAME_HEADER_LENGTH), b.subarray(FRAME_HEADER_LENGTH)]);
    expect(refusalOf(() => openFrame(forged, SESSION_KEY))).toBe('DECRYPTION_FAILED');
  });

  it('never use a nonce twice', () => {
    const sealer = newSealer();
    const raw = Buffer.from('same');
    const counters = [0, 1, 2].map(() => decodeFrameHeader(sealer.seal('data', idOf(raw), raw)).counter);
    expect(counters).toEqual([0n, 1n, 2n]);
  });

  it('keep incompressible bytes raw, also when only a sample is looked at', () => {
    for (const length of [10, 5000, 300 * 1024, MAX_CHUNK]) {
      const frame = seal(randomBytes(length));
      expect(decodeFrameHeader(frame).codec).toBe('raw');
      expect(frame.length - FRAME_HEADER_LENGTH).toBeLessThanOrEqual(MAX_BODY_LENGTH);
    }
    const half = Buffer.concat([randomBytes(512 * 1024), Buffer.alloc(512 * 1024, 'text ')]);
    expect(decodeFrameHeader(seal(half)).codec).toBe('zstd');
  });

  it('refuse to seal more than a chunk may hold: our bug', () => {
    expect(() => seal(Buffer.alloc(MAX_CHUNK + 1))).toThrow('invariant');
  });

  it('refuse any other bytes with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(refusalOf(() => openFrame(bytes, SESSION_KEY))).toBeDefined();
        expect(refusalOf(() => keyFrameBody(bytes))).toBeDefined();
      }),
    );
  });

  it('are refused under another key, and when they end early or go on', () => {
    const frame = seal(Buffer.from('x'));
    expect(refusalOf(() => openFrame(frame, ID_KEY))).toBe('DECRYPTION_FAILED');
    for (const other of [frame.subarray(0, -1), Buffer.concat([frame, Buffer.alloc(1)])]) {
      expect(refusalOf(() => openFrame(other, SESSION_KEY))).toBe('FORMAT_DAMAGED');
      expect(() => openFrame(other, SESSION_KEY)).toThrow('another length');
    }
  });

  it('of one kind are not taken for the other', () => {
    const [chunk, key] = [seal(Buffer.from('x')), encodeKeyFrame(CONTEXT, WRAPPED_KEY)];
    expect(refusalOf(() => openFrame(key, SESSION_KEY))).toBe('FORMAT_DAMAGED');
    expect(() => openFrame(key, SESSION_KEY)).toThrow('is not a chunk frame');
    expect(refusalOf(() => keyFrameBody(chunk))).toBe('FORMAT_DAMAGED');
    expect(() => keyFrameBody(chunk)).toThrow('is not a key frame');
  });

  it('tell a newer version from damage', () => {
    const frame = seal(Buffer.from('x'));
    frame[9] = 2;
    expect(refusalOf(() => decodeFrameHeader(frame))).toBe('FORMAT_DAMAGED');
    expect(refusalOf(() => decodeFrameHeader(withCrc(frame)))).toBe('FORMAT_UNSUPPORTED');
  });

  it('need every feature of `requires` and ignore those of `uses`', () => {
    const frame = seal(Buffer.from('x'));
    frame[11] = 1;
    expect(refusalOf(() => decodeFrameHeader(withCrc(frame)))).toBe('FORMAT_UNSUPPORTED');
    frame[11] = 0;
    frame[13] = 1;
    expect(refusalOf(() => decodeFrameHeader(withCrc(frame)))).toBeUndefined();
  });
});

describe('key frames', () => {
  it('refuse a key that is not the one named', () => {
    const frame = encodeKeyFrame(CONTEXT, WRAPPED_KEY);
    frame[FRAME_HEADER_LENGTH]! ^= 1;
    expect(refusalOf(() => keyFrameBody(frame))).toBe('FORMAT_DAMAGED');
  });
});

describe('decompress', () => {
  it('stops at the stated length: a bomb is damage', () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
    const stopped = expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }) as unknown;
    expect(() => decompress(bomb, 1000)).toThrow(
      expect.objectContaining({ code: 'FORMAT_DAMAGED', cause: stopped }) as unknown as Error,
    );
    expect(refusalOf(() => decompress(zstdCompressSync(Buffer.alloc(10)), 11))).toBe('FORMAT_DAMAGED');
  });
});

describe('computeChunkId', () => {
  it('differs by type and by cluster', () => {
    const raw = Buffer.from('x');
    const ids = [idOf(raw), computeChunkId(ID_KEY, 'segment', raw), computeChunkId(SESSION_KEY, 'data', raw)];
    expect(new Set(ids.map((id) => id.toString('hex'))).size).toBe(3);
  });
});

/** With a CRC-32 that fits the header, as a newer writer would make it. */
function withCrc(frame: Buffer): Buffer {
  const changed = Buffer.from(frame);
  changed.writeUInt32BE(crc32(changed.subarray(0, FRAME_HEADER_LENGTH - 4)), FRAME_HEADER_LENGTH - 4);
  return changed;
}
