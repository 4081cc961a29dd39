import { describe, expect, it } from '@jest/globals';
import { computeChunkId, encodeKeyFrame, FrameSealer, keyIdOf } from '@lifeboat/vault-format';
import { checkArrivedFrames } from './arrived-frames.ts';

const CONTEXT = { vault: Buffer.alloc(16, 1), cluster: Buffer.alloc(16, 2) };
const WRAPPED = Buffer.alloc(80, 3);
const KEY_ID = keyIdOf(WRAPPED);
const KEYS = new Set([KEY_ID.toString('hex')]);
const RAW = Buffer.from('some bytes');
const ID = computeChunkId(Buffer.alloc(32, 4), 'data', RAW);

const seal = (id: Buffer = ID, context = CONTEXT): Buffer =>
  new FrameSealer(context, KEY_ID, Buffer.alloc(32, 5)).seal('data', id, RAW);

describe('frames that arrive', () => {
  it('are told with their places and their keys', () => {
    const [first, second] = [seal(), seal()];
    const { frames, keyIds } = checkArrivedFrames(Buffer.concat([first, second]), CONTEXT, KEYS);
    const each = { type: 'data', id: ID, length: first.length, rawLength: RAW.length };
    expect(frames).toEqual([
      { ...each, start: 0 },
      { ...each, start: first.length },
    ]);
    expect(keyIds).toEqual(KEYS);
  });

  const another = { ...CONTEXT, vault: Buffer.alloc(16, 9) };
  const elsewhere = { ...CONTEXT, cluster: Buffer.alloc(16, 9) };
  it.each<[what: string, bytes: Buffer, reason: string]>([
    ['none', Buffer.alloc(0), 'no frame in the message'],
    ['what is no frame', Buffer.alloc(200, 7), 'wrong CRC-32'],
    ['one that is cut short', seal().subarray(0, -1), 'a frame cut short'],
    ['one of another vault', seal(ID, another), 'another vault'],
    ['one of another cluster', seal(ID, elsewhere), 'another cluster'],
    ['a key, which only the vault itself places', encodeKeyFrame(CONTEXT, WRAPPED), 'a key frame'],
    ['one whose id is made in an unknown way', seal(Buffer.alloc(33, 9)), 'unknown chunk id algorithm'],
  ])('are refused where there is %s', (_, bytes, reason) => {
    const refused = { code: 'PROTOCOL_BREACH', message: expect.stringContaining(reason) as unknown };
    expect(() => checkArrivedFrames(bytes, CONTEXT, KEYS)).toThrow(
      expect.objectContaining(refused) as unknown as Error,
    );
  });

  it('are refused under a key that was not announced', () => {
    expect(() => checkArrivedFrames(seal(), CONTEXT, new Set())).toThrow('did not announce');
  });
});
