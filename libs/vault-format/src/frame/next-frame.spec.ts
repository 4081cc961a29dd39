import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  computeChunkId,
  encodeKeyFrame,
  encodePackFooter,
  encodePackHeader,
  FrameSealer,
  keyIdOf,
  nextFrame,
  PACK_HEADER_LENGTH,
  sealPackTable,
} from '../index.ts';
import { CONTEXT, ID_KEY, NONCE, SESSION_KEY, TABLE_KEY, WRAPPED_KEY } from '../testing/fixed-keys.ts';

const sealer = new FrameSealer(CONTEXT, keyIdOf(WRAPPED_KEY), SESSION_KEY);
const FRAMES = [
  encodeKeyFrame(CONTEXT, WRAPPED_KEY),
  ...[0, 10, 700, 80].map((length) => {
    const raw = Buffer.alloc(length, `frame of ${length}`);
    return sealer.seal('data', computeChunkId(ID_KEY, 'data', raw), raw);
  }),
];
const BODY = Buffer.concat([encodePackHeader(CONTEXT), ...FRAMES]);
const TABLE = sealPackTable([], TABLE_KEY, NONCE, CONTEXT);
const PACK = Buffer.concat([
  BODY,
  TABLE,
  encodePackFooter({ tableOffset: BODY.length, tableLength: TABLE.length, frames: FRAMES.length }),
]);

/** Scans as recovery does, with a window that grows by `step` bytes when it must; gives starts and damage. */
function scan(pack: Buffer, step: number): { starts: number[]; damaged: number; ended: boolean } {
  const starts: number[] = [];
  let damaged = 0;
  let windowEnd = Math.min(step, pack.length);
  for (let at = PACK_HEADER_LENGTH; ;) {
    const next = nextFrame(pack.subarray(0, windowEnd), at);
    if (next.kind === 'end') return { starts, damaged, ended: true };
    if (next.kind === 'incomplete') {
      if (windowEnd === pack.length) return { starts, damaged, ended: false };
      windowEnd = Math.min(pack.length, Math.max(windowEnd + step, at + next.need));
    } else if (next.kind === 'damaged') {
      expect(next.resumeAt).toBeGreaterThan(at);
      damaged += 1;
      at = next.resumeAt;
      windowEnd = Math.min(pack.length, Math.max(windowEnd, at + 1));
    } else {
      starts.push(next.start);
      at = next.end;
    }
  }
}

const STARTS = FRAMES.map(
  (_, index) => PACK_HEADER_LENGTH + FRAMES.slice(0, index).reduce((sum, frame) => sum + frame.length, 0),
);

describe('nextFrame', () => {
  it('finds every frame and the end, whatever the window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 53, max: PACK.length }), (step) => {
        expect(scan(PACK, step)).toEqual({ starts: STARTS, damaged: 0, ended: true });
      }),
    );
  });

  it('loses only the frame whose header is damaged', () => {
    for (const [index, start] of STARTS.entries()) {
      fc.assert(
        fc.property(fc.nat(119), fc.integer({ min: 1, max: 255 }), (offset, flip) => {
          const pack = Buffer.from(PACK);
          pack[start + offset]! ^= flip;
          const { starts, ended } = scan(pack, PACK.length);
          expect(starts).toEqual(STARTS.filter((_, other) => other !== index));
          expect(ended).toBe(true);
        }),
        { numRuns: 20 },
      );
    }
  });

  it('finds the frames behind a gap of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 53, max: 400 }), (noise, step) => {
        const at = STARTS[2]!;
        const pack = Buffer.concat([PACK.subarray(0, at), noise, PACK.subarray(at)]);
        const expected = STARTS.map((start) => (start < at ? start : start + noise.length));
        expect(scan(pack, step).starts).toEqual(expected);
      }),
    );
  });

  it('calls a torn last frame incomplete, so that an open pack can be cut there', () => {
    const last = STARTS.at(-1)!;
    for (let end = last + 1; end < BODY.length; end++) {
      const { starts, damaged, ended } = scan(BODY.subarray(0, end), PACK.length);
      expect([starts, damaged, ended]).toEqual([STARTS.slice(0, -1), 0, false]);
    }
  });

  it('says why a place is damaged', () => {
    const pack = Buffer.from(PACK);
    pack[STARTS[0]! + 116]! ^= 1;
    const next = nextFrame(pack, STARTS[0]!);
    expect(next).toMatchObject({ kind: 'damaged', resumeAt: STARTS[1], error: { code: 'FORMAT_DAMAGED' } });
  });
});
