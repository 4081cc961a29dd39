import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PackName } from '@lifeboat/kernel';
import type { PackTableRow } from '@lifeboat/vault-format';
import { seededBytes } from '../testing/seeded-bytes.ts';
import { ChunkIndex } from './chunk-index.ts';

const id = (seed: number): Buffer => Buffer.concat([Buffer.from([1]), seededBytes(seed, 32)]);
const row = (seed: number, more: Partial<PackTableRow> = {}): PackTableRow => ({
  kind: 'chunk',
  type: 'data',
  id: id(seed),
  offset: seed * 1000,
  length: 900,
  rawLength: 2000,
  ...more,
});

describe('the index of an offline vault', () => {
  let index: ChunkIndex;
  beforeEach(() => {
    index = new ChunkIndex();
  });
  afterEach(() => index.close());

  it('says where each chunk lies, in the order asked for, and what is nowhere', () => {
    index.add('aa' as PackName, [row(1), row(2, { type: 'root' })]);
    index.add('bb' as PackName, [row(3, { offset: 0xffff_ffff })]);
    index.finish();
    const located = index.locate(Buffer.concat([id(3), id(9), id(2), id(3)]));
    expect(located.map((place) => place && [place.packName, place.offset, place.type])).toEqual([
      ['bb', 0xffff_ffff, 1],
      undefined,
      ['aa', 2000, 3],
      ['bb', 0xffff_ffff, 1],
    ]);
    expect(located[2]).toMatchObject({ id: id(2), length: 900, rawLength: 2000, packFile: null });
  });

  it('does not take a wrapped key for a chunk', () => {
    index.add('aa' as PackName, [row(1, { kind: 'key' })]);
    index.finish();
    expect(index.locate(id(1))).toEqual([undefined]);
  });
});
