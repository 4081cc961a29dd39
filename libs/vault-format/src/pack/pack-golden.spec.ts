import { describe, expect, it } from '@jest/globals';
import {
  computeChunkId,
  decodePackFooter,
  decodePackHeader,
  encodePackFooter,
  encodePackHeader,
  keyIdOf,
  openPackTable,
  PACK_FOOTER_LENGTH,
  PACK_HEADER_LENGTH,
  sealPackTable,
  type PackTableRow,
} from '../index.ts';
import { CONTEXT, ID_KEY, NONCE, TABLE_KEY, WRAPPED_KEY } from '../testing/fixed-keys.ts';
import { goldenBytes } from '../testing/golden-bytes.ts';

const HEADER = goldenBytes(`
  894c425061636b0a                  magic
  0001                              version 1
  0000                              requires nothing
  0000                              uses nothing
  0000                              zero
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  vault
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  cluster
  4448310d                          CRC-32
`);

const TABLE = goldenBytes(`
  894c425461626c0a                  magic
  0001                              version 1
  0000                              requires nothing
  0000                              uses nothing
  0000                              zero
  555555555555555555555555          nonce
  0000006e                          body length 2 * 47 + 16
  2a1d45addcc353c41fd217aa9436c744  sealed rows
  34f3f2be1de1313475b5768fc8d2501e
  059f0d57626653fcff956d792edddf4d
  7ebb1f4005648b8135ece178273d3a96
  8f94fe54279e4f5006d0b10e913bc5c5
  7847fe37f187f7d779b89d9faf92
  2c735bcc43984e0b84c8d8e775001098  tag
`);

const FOOTER = goldenBytes(`
  894c42466f6f740a                  magic
  0001                              version 1
  0000                              requires nothing
  0000                              uses nothing
  0000                              zero
  0000000000000190                  table offset 400
  0000008e                          table length 142
  00000002                          frames
  5044813f                          CRC-32
`);

const ROWS: PackTableRow[] = [
  { kind: 'key', type: 'data', id: keyIdOf(WRAPPED_KEY), offset: 52, length: 200, rawLength: 80 },
  {
    kind: 'chunk',
    type: 'data',
    id: computeChunkId(ID_KEY, 'data', Buffer.from('hello, chunk')),
    offset: 252,
    length: 148,
    rawLength: 12,
  },
];

describe('packs of format version 1', () => {
  it('begin with the golden header', () => {
    expect(encodePackHeader(CONTEXT)).toEqual(HEADER);
    expect(HEADER).toHaveLength(PACK_HEADER_LENGTH);
    expect(decodePackHeader(HEADER)).toEqual(CONTEXT);
  });

  it('end with the golden table and footer', () => {
    expect(sealPackTable(ROWS, TABLE_KEY, NONCE, CONTEXT)).toEqual(TABLE);
    expect(openPackTable(TABLE, TABLE_KEY, CONTEXT)).toEqual(ROWS);
    const footer = { tableOffset: 400, tableLength: TABLE.length, frames: 2 };
    expect(encodePackFooter(footer)).toEqual(FOOTER);
    expect(FOOTER).toHaveLength(PACK_FOOTER_LENGTH);
    expect(decodePackFooter(Buffer.concat([TABLE, FOOTER]))).toEqual(footer);
  });

  it('do not open their table for another cluster', () => {
    const elsewhere = { ...CONTEXT, cluster: Buffer.alloc(16, 0xcc) };
    expect(() => openPackTable(TABLE, TABLE_KEY, elsewhere)).toThrow('does not open');
  });
});
