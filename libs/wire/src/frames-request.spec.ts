import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  decodeUploadRequest,
  deliveredUploadRequest,
  encodeUploadRequest,
  FRAMES_HEADROOM,
  framesInPlace,
  UploadRequest,
} from './index.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 70_000 }).map((array) => Buffer.from(array));
const frames = fc.tuple(uint64, bytes).map(([sequence, frames]): UploadRequest => ({
  message: { $case: 'frames', value: { sequence, frames } },
}));
const other = fc.tuple(uint64, bytes).map(([sequence, chunkIds]): UploadRequest => ({
  message: { $case: 'offer', value: { sequence, chunkIds } },
}));

/** As an agent sends it: frames where they lie, everything else through the generated encoder. */
function written(request: UploadRequest) {
  const { message } = request;
  if (message?.$case !== 'frames' || message.value.frames.length === 0) return request;
  const { sequence, frames } = message.value;
  // What was sent before from this buffer must not shine through.
  const buffer = Buffer.alloc(FRAMES_HEADROOM + frames.length + 10, 0xff);
  frames.copy(buffer, FRAMES_HEADROOM);
  return framesInPlace(buffer, frames.length, sequence);
}

describe('an upload request', () => {
  it('goes over the wire as the same bytes that the generated encoder makes', () => {
    fc.assert(
      fc.property(fc.oneof(frames, other), (request) => {
        const sent = encodeUploadRequest(written(request));
        expect(sent.equals(UploadRequest.encode(request).finish())).toBe(true);
      }),
    );
  });

  it('comes back as what was sent', () => {
    fc.assert(
      fc.property(fc.oneof(frames, other), (request) => {
        expect(decodeUploadRequest(encodeUploadRequest(written(request)))).toEqual(request);
      }),
    );
  });

  it('is read as the generated decoder reads it, whatever stands behind the frames', () => {
    const sent = encodeUploadRequest({
      message: { $case: 'frames', value: { sequence: 7n, frames: Buffer.alloc(100, 'abc') } },
    });
    // Field 99 of the outer message, length-delimited, two bytes: what a newer agent may say.
    const newer = Buffer.concat([sent, Buffer.from([0x9a, 0x06, 0x02, 0x68, 0x69])]);
    expect(decodeUploadRequest(newer)).toEqual(UploadRequest.decode(newer));
    expect(() => decodeUploadRequest(sent.subarray(0, sent.length - 1))).toThrow();
  });

  it('does not copy its frames when it is read', () => {
    const sent = encodeUploadRequest({
      message: { $case: 'frames', value: { sequence: 1n, frames: Buffer.alloc(100_000, 'abc') } },
    });
    const { message } = decodeUploadRequest(sent);
    expect(message?.$case === 'frames' && message.value.frames.buffer).toBe(sent.buffer);
  });

  it('is delivered as bytes of its own: the sender may use its buffer again', () => {
    const buffer = Buffer.alloc(FRAMES_HEADROOM + 100, 'abc');
    const frames = Buffer.from(buffer.subarray(FRAMES_HEADROOM));
    const delivered = deliveredUploadRequest(framesInPlace(buffer, 100, 5n));
    buffer.fill(0);
    expect(delivered).toEqual({ message: { $case: 'frames', value: { sequence: 5n, frames } } });
  });
});
