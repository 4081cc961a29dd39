import { describe, expect, it } from '@jest/globals';
import { computeChunkId, encodeKeyFrame, FrameSealer, keyFrameBody, keyIdOf, openFrame } from '../index.ts';
import { CONTEXT, ID_KEY, SESSION_KEY, WRAPPED_KEY } from '../testing/fixed-keys.ts';
import { goldenBytes } from '../testing/golden-bytes.ts';

const RAW_CHUNK = goldenBytes(`
  894c424672616d0a                  magic
  0001                              version 1
  0000                              requires nothing
  0000                              uses nothing
  01                                kind: chunk
  01                                type: data
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  vault
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  cluster
  82a5b77ad889820247221ecb7a4fd4c4  key id: first half of SHA-256(80 bytes 33)
  01                                chunk id: algorithm HMAC-SHA256
  34a4c5826a8496ea82f95c9711fc870b1fa30d96081c327d6d1a94a8f0274b37  of 01 "hello, chunk" under 32 bytes 22
  00                                codec: raw
  0000                              zero
  0000000c                          raw length 12
  0000001c                          body length 12 + 16
  0000000000000000                  counter 0
  156ba96d                          CRC-32
  acaf720b8e83bdfa696fd36e          sealed under 32 bytes 11
  3ae7bdfa9eed741ad81b00079e281d0b  tag
`);

const ZSTD_CHUNK = goldenBytes(`
  894c424672616d0a                  magic
  0001                              version 1
  0000                              requires nothing
  0000                              uses nothing
  01                                kind: chunk
  01                                type: data
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  vault
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  cluster
  82a5b77ad889820247221ecb7a4fd4c4  key id
  01                                chunk id: algorithm HMAC-SHA256
  fa6ac4c4b296fae1dd4ae3ab7095d521afa7bd1c7aeb4ef571efd05d8e1eeeb6  of 01 "lifeboat " 20 times
  01                                codec: zstd
  0000                              zero
  000000b4                          raw length 180
  00000029                          body length 25 + 16
  0000000000000001                  counter 1
  80309621                          CRC-32
  e13e27352897ba107971972cf96218bf453a97637495f6bd52  sealed zstd frame
  08b8d9f33df653e9c2d14d17be639ac7  tag
`);

const KEY = goldenBytes(`
  894c424672616d0a                  magic
  0001                              version 1
  0000                              requires nothing
  0000                              uses nothing
  02                                kind: key
  00                                type: none
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  vault
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  cluster
  82a5b77ad889820247221ecb7a4fd4c4  key id: first half of SHA-256(80 bytes 33)
  000000000000000000000000000000000000000000000000000000000000000000  no chunk id
  00                                codec: raw
  0000                              zero
  00000050                          raw length 80
  00000050                          body length 80
  0000000000000000                  counter 0
  f42a5bb4                          CRC-32
  3333333333333333333333333333333333333333333333333333333333333333  wrapped key
  3333333333333333333333333333333333333333333333333333333333333333
  33333333333333333333333333333333
`);

describe('frames of format version 1', () => {
  it('seals a chunk to the golden bytes and opens them', () => {
    const raw = Buffer.from('hello, chunk');
    const id = computeChunkId(ID_KEY, 'data', raw);
    expect(new FrameSealer(CONTEXT, keyIdOf(WRAPPED_KEY), SESSION_KEY).seal('data', id, raw)).toEqual(
      RAW_CHUNK,
    );
    const opened = openFrame(RAW_CHUNK, SESSION_KEY);
    expect(opened.raw).toEqual(raw);
    expect(opened.header).toEqual({
      ...CONTEXT,
      kind: 'chunk',
      type: 'data',
      codec: 'raw',
      keyId: keyIdOf(WRAPPED_KEY),
      chunkId: id,
      rawLength: 12,
      bodyLength: 28,
      counter: 0n,
    });
  });

  it('opens a compressed chunk', () => {
    // Not sealed again: another zstd may find other, equally good bytes.
    const { header, raw } = openFrame(ZSTD_CHUNK, SESSION_KEY);
    expect(raw.toString()).toBe('lifeboat '.repeat(20));
    expect(header.chunkId).toEqual(computeChunkId(ID_KEY, 'data', raw));
    expect([header.codec, header.counter]).toEqual(['zstd', 1n]);
  });

  it('frames a wrapped key to the golden bytes and gives it back', () => {
    expect(encodeKeyFrame(CONTEXT, WRAPPED_KEY)).toEqual(KEY);
    expect(keyFrameBody(KEY)).toEqual(WRAPPED_KEY);
  });
});
