import { describe, expect, it } from '@jest/globals';
import type { Chunks } from '@lifeboat/wire';
import { arrivedChunks, eachChunk } from './arrived-chunks.ts';

const message: Chunks = {
  sequence: 1n,
  indexes: [1, 0],
  lengths: [3, 2],
  rawLengths: [3, 50],
  data: Buffer.from('rawzs'),
};
const asked = [40, 70];

describe('a message of chunks', () => {
  it('gives each chunk with its place in the whole list', () => {
    expect([...eachChunk(arrivedChunks(message, asked))]).toEqual([
      { index: 70, packed: Buffer.from('raw'), rawLength: 3 },
      { index: 40, packed: Buffer.from('zs'), rawLength: 50 },
    ]);
  });

  it.each<[string, Partial<Chunks>]>([
    ['a chunk outside its want', { indexes: [1, 2] }],
    ['fewer lengths than chunks', { lengths: [5] }],
    ['fewer raw lengths than chunks', { rawLengths: [3] }],
    ['less data than it says', { data: Buffer.from('rawz') }],
    ['more data than it says', { data: Buffer.from('rawzst') }],
    ['a chunk that grew by being compressed', { rawLengths: [3, 1] }],
    ['a chunk larger than any may be', { rawLengths: [3, (4 << 20) + 1] }],
  ])('with %s is a breach', (_, wrong) => {
    expect(() => arrivedChunks({ ...message, ...wrong }, asked)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_BREACH' }),
    );
  });
});
