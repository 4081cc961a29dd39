import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  CHUNKS_HEADROOM,
  chunksInPlace,
  decodeDownloadResponse,
  DownloadResponse,
  encodeDownloadResponse,
  type Chunks,
} from './index.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const numbers = fc.array(fc.nat(4 << 20), { maxLength: 1024 });
const chunks: fc.Arbitrary<Chunks> = fc.record({
  sequence: uint64,
  indexes: numbers,
  lengths: numbers,
  rawLengths: numbers,
  data: fc.uint8Array({ maxLength: 70_000 }).map((array) => Buffer.from(array)),
});

function written(value: Chunks) {
  // What was sent before from this buffer must not shine through.
  const buffer = Buffer.alloc(CHUNKS_HEADROOM + value.data.length + 10, 0xff);
  value.data.copy(buffer, CHUNKS_HEADROOM);
  return chunksInPlace(buffer, value.data.length, value);
}

const responseOf = (value: Chunks): DownloadResponse => ({ message: { $case: 'chunks', value } });

describe('a download response', () => {
  it('goes over the wire as the same bytes that the generated encoder makes', () => {
    fc.assert(
      fc.property(chunks, (value) => {
        const sent = encodeDownloadResponse(written(value));
        expect(sent.equals(DownloadResponse.encode(responseOf(value)).finish())).toBe(true);
      }),
    );
  });

  it('comes back as what was sent', () => {
    fc.assert(
      fc.property(chunks, (value) => {
        expect(decodeDownloadResponse(encodeDownloadResponse(written(value)))).toEqual(responseOf(value));
      }),
    );
  });

  it('without chunks goes through the generated code', () => {
    const done: DownloadResponse = { message: { $case: 'wantDone', value: { sequence: 9n } } };
    expect(decodeDownloadResponse(encodeDownloadResponse(done))).toEqual(done);
  });

  it('is read as the generated decoder reads it, whatever stands behind the data', () => {
    const value = {
      sequence: 7n,
      indexes: [1],
      lengths: [100],
      rawLengths: [100],
      data: Buffer.alloc(100, 'abc'),
    };
    const sent = encodeDownloadResponse(responseOf(value));
    // Field 99 of the outer message, length-delimited, two bytes: what a newer server may say.
    const newer = Buffer.concat([sent, Buffer.from([0x9a, 0x06, 0x02, 0x68, 0x69])]);
    expect(decodeDownloadResponse(newer)).toEqual(DownloadResponse.decode(newer));
    for (let length = 1; length < sent.length; length += 1)
      expect(() => decodeDownloadResponse(sent.subarray(0, length))).toThrow();
  });

  it('does not copy its data when it is read', () => {
    const value = {
      sequence: 1n,
      indexes: [0],
      lengths: [100_000],
      rawLengths: [100_000],
      data: Buffer.alloc(100_000),
    };
    const sent = encodeDownloadResponse(responseOf(value));
    const { message } = decodeDownloadResponse(sent);
    expect(message?.$case === 'chunks' && message.value.data.buffer).toBe(sent.buffer);
  });
});
