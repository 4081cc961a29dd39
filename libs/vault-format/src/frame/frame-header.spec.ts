import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { MAX_CHUNK } from '@lifeboat/chunking';
import type { ErrorCode } from '@lifeboat/kernel';
import { refusalOf } from '../testing/expect-typed.ts';
import { CONTEXT } from '../testing/fixed-keys.ts';
import {
  decodeFrameHeader,
  encodeFrameHeader,
  FRAME_HEADER_LENGTH,
  MAX_WRAPPED_KEY,
  TAG_LENGTH,
  type FrameHeader,
} from './frame-header.ts';

const CHUNK: FrameHeader = {
  ...CONTEXT,
  kind: 'chunk',
  type: 'data',
  codec: 'raw',
  keyId: Buffer.alloc(16, 1),
  chunkId: Buffer.alloc(33, 2),
  rawLength: 100,
  bodyLength: 100 + TAG_LENGTH,
  counter: 3n,
};
const KEY: FrameHeader = {
  ...CHUNK,
  kind: 'key',
  chunkId: Buffer.alloc(33),
  rawLength: 80,
  bodyLength: 80,
  counter: 0n,
};

/** As a writer with other ideas would make it: its check sum is right. */
function written(header: FrameHeader, change: (bytes: Buffer) => void = () => undefined): Buffer {
  const bytes = encodeFrameHeader(header);
  change(bytes);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, FRAME_HEADER_LENGTH - 4)), FRAME_HEADER_LENGTH - 4);
  return bytes;
}

describe('a frame header', () => {
  it('comes back as it was written, from any place', () => {
    const zstd = { ...CHUNK, codec: 'zstd', bodyLength: 50 } as const;
    for (const header of [CHUNK, zstd, KEY, { ...CHUNK, type: 'root' } as const]) {
      const bytes = Buffer.concat([Buffer.alloc(7, 0xff), written(header)]);
      expect(decodeFrameHeader(bytes, 7)).toEqual(header);
    }
  });

  it.each<[what: string, bytes: Buffer, code: ErrorCode, reason: string]>([
    ['an unknown kind', written(CHUNK, (bytes) => (bytes[14] = 3)), 'FORMAT_UNSUPPORTED', 'kind'],
    ['an unknown chunk type', written(CHUNK, (bytes) => (bytes[15] = 4)), 'FORMAT_UNSUPPORTED', 'chunk type'],
    ['an unknown codec', written(CHUNK, (bytes) => (bytes[97] = 2)), 'FORMAT_UNSUPPORTED', 'codec'],
    ['padding', written(CHUNK, (bytes) => (bytes[99] = 1)), 'FORMAT_DAMAGED', 'padding is not zero'],
    [
      'a key of a chunk type',
      written(KEY, (bytes) => (bytes[15] = 1)),
      'FORMAT_DAMAGED',
      'fields of a chunk',
    ],
    ['a compressed key', written({ ...KEY, codec: 'zstd' }), 'FORMAT_DAMAGED', 'fields of a chunk'],
    ['a key with a nonce', written({ ...KEY, counter: 1n }), 'FORMAT_DAMAGED', 'fields of a chunk'],
    [
      'a key with a chunk id',
      written({ ...KEY, chunkId: Buffer.alloc(33, 1) }),
      'FORMAT_DAMAGED',
      'chunk id',
    ],
    ['an empty key', written({ ...KEY, rawLength: 0, bodyLength: 0 }), 'FORMAT_DAMAGED', 'key length'],
    [
      'a key that is too long',
      written({ ...KEY, rawLength: MAX_WRAPPED_KEY + 1, bodyLength: MAX_WRAPPED_KEY + 1 }),
      'FORMAT_DAMAGED',
      'key length',
    ],
    ['a key of two lengths', written({ ...KEY, rawLength: 79 }), 'FORMAT_DAMAGED', 'key length'],
    [
      'a chunk that is too long',
      written({ ...CHUNK, rawLength: MAX_CHUNK + 1, bodyLength: MAX_CHUNK + 1 + TAG_LENGTH }),
      'FORMAT_DAMAGED',
      'raw length out of range',
    ],
    [
      'a raw body of another length',
      written({ ...CHUNK, bodyLength: 100 }),
      'FORMAT_DAMAGED',
      'do not agree',
    ],
    [
      'a compressed body that is no shorter',
      written({ ...CHUNK, codec: 'zstd' }),
      'FORMAT_DAMAGED',
      'do not agree',
    ],
    [
      'a compressed body without bytes',
      written({ ...CHUNK, codec: 'zstd', bodyLength: TAG_LENGTH }),
      'FORMAT_DAMAGED',
      'do not agree',
    ],
  ])('with %s is refused', (_, bytes, code, reason) => {
    expect(refusalOf(() => decodeFrameHeader(bytes))).toBe(code);
    expect(() => decodeFrameHeader(bytes)).toThrow(reason);
  });

  it('of ids of a wrong length is never written: our bug', () => {
    for (const wrong of [
      { vault: Buffer.alloc(15) },
      { keyId: Buffer.alloc(15) },
      { chunkId: Buffer.alloc(32) },
    ])
      expect(() => encodeFrameHeader({ ...CHUNK, ...wrong })).toThrow('invariant');
  });
});
