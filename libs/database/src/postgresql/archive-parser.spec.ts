import { describe, expect, it } from '@jest/globals';
import { sampleArchive } from '../testing/sample-archive.ts';
import { ArchiveParser } from './archive-parser.ts';

describe('ArchiveParser', () => {
  const rows = ['1\t0\t101\to\\\\brien \\N \\t\\n\\r\u{1f6df}', '2\t0\t102\t\\N'];
  const whole = sampleArchive([
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
    expect([...parser.dxpRows.finish().documents]).toMatchObject([
      { name: '101', title: 'o\\brien \\N \t\n\r\u{1f6df}'.replace('\\N', 'N'), version: '1.0', size: 42 },
    ]);
  });

  it.each([1, 3, 64, 1 << 20])('takes a file’s size from its large object, in pieces of %i bytes', (size) => {
    const columns = 'contentid, companyid, repositoryid, path_, version, data_, size_';
    const of = (name: string, oid: string) => `1\t20\t30\t${name}\t1.0\t${oid}\t10`;
    const data = [of('small', '16400'), of('large', '4294967291'), of('gone', '16999'), of('never', '\\N')];
    const parser = parsed(sampleArchive([{ tag: 'dlcontent', columns, data }]), size);
    const { storeContents, contents } = parser.dxpRows.finish(parser.largeObjectBytes);
    expect(storeContents.map(({ path, size: bytes }) => [path, bytes])).toEqual([
      ['small', 10],
      ['large', 10],
      ['gone', -1],
      ['never', -1],
    ]);
    expect(contents).toEqual([]);
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
