import { describe, expect, it } from '@jest/globals';
import { ArchiveParser } from './archive-parser.ts';

describe('ArchiveParser', () => {
  const rows = ['1\t0\t101\to\\\\brien \\N \\t\\n\\r\u{1f6df}', '2\t0\t102\t\\N'];
  const whole = archive([
    { tag: 'dlfileentry', columns: 'fileentryid, ctcollectionid, name, title', data: rows },
    { tag: 'dlfileversion', columns: 'fileversionid, fileentryid, version, size_', data: ['7\t1\t1.0\t42'] },
    { tag: 'other', columns: '"a,b"', data: ['x', '', 'y\\nz'] },
    { tag: 'nothing', columns: '', data: [] },
  ]);

  it.each([1, 2, 3, 7, 64, 1 << 20])('understands the same in pieces of %i bytes', (size) => {
    const parser = parsed(whole, size);
    parser.finish();
    expect(Object.fromEntries(parser.rowsByTable)).toEqual({
      'public.dlfileentry': 2,
      'public.dlfileversion': 1,
      'public.other': 3,
      'public.nothing': 0,
    });
    expect(parser.largeObjects).toBe(2);
    expect(parser.header?.serverVersion).toBe('15.18');
    expect(parser.dxpRows.finish().documents).toMatchObject([
      { name: '101', title: 'o\\brien \\N \t\n\r\u{1f6df}'.replace('\\N', 'N'), version: '1.0', size: 42 },
    ]);
  });

  it('finds every archive incomplete that lacks even its last byte', () => {
    for (let length = 1; length < whole.length; length += 1) {
      const cut = (): void => parsed(whole.subarray(0, length), 1 << 20).finish();
      expect(cut).toThrow(expect.objectContaining({ code: 'DATABASE_DUMP_INCOMPLETE' }));
    }
  });

  it('refuses other formats and newer versions', () => {
    expect(() => parsed(Buffer.from('-- PostgreSQL database dump\n'), 100)).toThrow(
      expect.objectContaining({ code: 'FORMAT_DAMAGED' }),
    );
    const newer = Buffer.from(whole);
    newer[6] = 99;
    expect(() => parsed(newer, 100)).toThrow(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }));
  });
});

function parsed(bytes: Buffer, size: number): ArchiveParser {
  const parser = new ArchiveParser();
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  return parser;
}

interface Table {
  readonly tag: string;
  readonly columns: string;
  readonly data: readonly string[];
}

/** What pg_dump 15 writes: header, contents, one piece for each row, two large objects. */
function archive(tables: readonly Table[]): Buffer {
  const blobsId = tables.length + 1;
  const head = [
    Buffer.from('PGDMP\x01\x0e\x00\x04\x08\x01', 'latin1'),
    ...Array.from({ length: 8 }, () => int(0)), // compression, time
    ...['lportal', '15.18', '15.18'].map(text),
    int(blobsId),
  ];
  const contents = tables.map(({ tag, columns }, index) =>
    entry(index + 1, tag, 'TABLE DATA', `COPY public.${tag} (${columns}) FROM stdin;\n`),
  );
  const blocks = tables.map(({ data }, index) => [
    Buffer.from([1]),
    int(index + 1),
    ...data.map((row) => text(`${row}\n`)),
    text('\\.\n\n\n'),
    int(0),
  ]);
  const blobs = [Buffer.from([3]), int(blobsId)];
  for (const oid of [16400, -5]) blobs.push(int(oid), text('bytes\n'), text('more'), int(0));
  return Buffer.concat([
    ...head,
    ...contents,
    entry(blobsId, 'BLOBS', 'BLOBS', ''),
    ...blocks.flat(),
    ...blobs,
    int(0),
  ]);
}

function entry(dumpId: number, tag: string, kind: string, copy: string): Buffer {
  const strings = (values: (string | null)[]): Buffer[] =>
    values.map((value) => (value === null ? int(-1) : text(value)));
  return Buffer.concat([
    int(dumpId),
    int(1),
    ...strings(['0', '0', tag, kind]),
    int(3),
    ...strings([null, null, copy, 'public', null, null, 'owner', 'false', '1', null]),
    Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = value < 0 ? 1 : 0;
  bytes.writeUInt32LE(Math.abs(value), 1);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int(bytes.length), bytes]);
}
