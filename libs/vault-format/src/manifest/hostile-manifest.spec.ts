import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@lifeboat/kernel';
import { decodeEntry, decodeManifestRoot, decodeSegment, encodeManifestRoot, fileSizes } from '../index.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { refusalOf } from '../testing/expect-typed.ts';
import { writeSegmentHeader, SEGMENT_HEADER_LENGTH } from './segment.ts';

interface Fields {
  shared: number;
  suffix: string;
  flags: number;
  mode: number;
  names: Buffer;
  nanos: number;
  size: number;
  /** What follows the inode: link target, attributes, content. */
  rest: Buffer;
}

const HOLE_OF_FIVE = Buffer.of(1, 5 * 2 + 1);
const FILE: Fields = {
  shared: 0,
  suffix: 'a',
  flags: 1,
  mode: 0o644,
  names: Buffer.alloc(0),
  nanos: 0,
  size: 5,
  rest: HOLE_OF_FIVE,
};

/** An entry that no writer of ours makes, field by field from FORMAT.md. */
function entryOf(changes: Partial<Fields> = {}): Buffer {
  const fields = { ...FILE, ...changes };
  const into = new ByteWriter();
  into.varint(fields.shared);
  into.blob(Buffer.from(fields.suffix));
  into.u8(fields.flags);
  for (const value of [fields.mode, 0, 0]) into.varint(value);
  into.raw(fields.names);
  for (let time = 0; time < 2; time++) {
    into.i48(0);
    into.u32(fields.nanos);
  }
  into.varint(fields.size);
  into.u64(1n);
  into.raw(fields.rest);
  const entry = new ByteWriter();
  entry.blob(into.copy());
  return entry.copy();
}

function segmentOf(entries: readonly Buffer[], contentBytes = 5 * entries.length): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_LENGTH);
  writeSegmentHeader(header, entries.length, contentBytes);
  return Buffer.concat([header, ...entries]);
}

const read = (segment: Buffer) => (): unknown => [...decodeSegment(segment)];
const skim = (segment: Buffer) => (): unknown => fileSizes(segment, () => undefined);

describe('an entry made by hand', () => {
  it('is read when it keeps to the format', () => {
    expect(decodeEntry(entryOf())).toMatchObject({ size: 5, content: [{ hole: 5 }] });
  });

  it.each<[what: string, changes: Partial<Fields>, code: ErrorCode, reason: string]>([
    ['an unknown type', { flags: 0 }, 'FORMAT_UNSUPPORTED', 'unknown type or flag'],
    ['an unknown flag', { flags: 1 | 0x80 }, 'FORMAT_UNSUPPORTED', 'unknown type or flag'],
    ['a mode that no file has', { mode: 0o10000 }, 'FORMAT_DAMAGED', 'mode or owner out of range'],
    ['a path that refers to none', { shared: 1 }, 'FORMAT_DAMAGED', 'refers past the one before'],
    ['a user that was not named', { flags: 1 | 4, names: Buffer.of(2) }, 'FORMAT_DAMAGED', 'past the known'],
    ['a second of too many parts', { nanos: 1_000_000_000 }, 'FORMAT_DAMAGED', 'time out of range'],
    [
      'a link without target',
      { flags: 3, rest: Buffer.alloc(0) },
      'FORMAT_DAMAGED',
      'target and type disagree',
    ],
    [
      'a file with a target',
      { flags: 1 | 32, rest: Buffer.concat([Buffer.of(1), Buffer.from('t'), HOLE_OF_FIVE]) },
      'FORMAT_DAMAGED',
      'target and type disagree',
    ],
    [
      'more attributes than bytes',
      { flags: 1 | 64, rest: Buffer.of(100) },
      'FORMAT_DAMAGED',
      'more attributes',
    ],
    ['more parts than bytes', { rest: Buffer.of(100) }, 'FORMAT_DAMAGED', 'more parts than bytes'],
    ['an empty part', { rest: Buffer.of(1, 1) }, 'FORMAT_DAMAGED', 'part length out of range'],
    [
      'a chunk larger than any',
      { rest: Buffer.of(1, 0x82, 0x80, 0x80, 4) },
      'FORMAT_DAMAGED',
      'part length out of range',
    ],
    ['parts of another size', { size: 6 }, 'FORMAT_DAMAGED', 'does not add up'],
    ['bytes that belong to no field', { rest: Buffer.of(1, 11, 0) }, 'FORMAT_DAMAGED', 'another length'],
  ])('with %s is refused', (_, changes, code, reason) => {
    expect(refusalOf(() => decodeEntry(entryOf(changes)))).toBe(code);
    expect(() => decodeEntry(entryOf(changes))).toThrow(reason);
  });

  it('is refused when it is longer than it says, or something follows it', () => {
    const [shorter, followed] = [entryOf(), Buffer.concat([entryOf(), Buffer.of(0)])];
    shorter[0]! -= 1;
    expect(() => decodeEntry(shorter)).toThrow('another length');
    expect(() => decodeEntry(followed)).toThrow('bytes after the entry');
    expect([shorter, followed].map((bytes) => refusalOf(() => decodeEntry(bytes)))).toEqual([
      'FORMAT_DAMAGED',
      'FORMAT_DAMAGED',
    ]);
  });
});

describe('a segment made by hand', () => {
  const second = entryOf({ shared: 1, suffix: 'b' });

  it('is read when it keeps to the format', () => {
    const segment = segmentOf([entryOf(), second]);
    expect([...decodeSegment(segment)].map(({ path }) => path.toString())).toEqual(['a', 'ab']);
    const sizes: [string, number][] = [];
    fileSizes(segment, (path, size) => sizes.push([path, size]));
    expect(sizes).toEqual([
      ['a', 5],
      ['ab', 5],
    ]);
  });

  it.each<[what: string, segment: Buffer, reason: string]>([
    ['paths out of order', segmentOf([entryOf({ suffix: 'b' }), entryOf({ suffix: 'a' })]), 'out of order'],
    ['a path said in full', segmentOf([entryOf(), entryOf({ suffix: 'ab' })]), 'not in shortest form'],
    ['sizes that do not add up', segmentOf([entryOf()], 6), 'sizes do not add up'],
  ])('with %s is refused where paths lead to a disk', (_, segment, reason) => {
    expect(refusalOf(read(segment))).toBe('FORMAT_DAMAGED');
    expect(read(segment)).toThrow(reason);
  });

  it.each<[what: string, segment: Buffer, reason: string]>([
    [
      'bytes after its entries',
      Buffer.concat([segmentOf([entryOf()]), Buffer.of(0)]),
      'after the last entry',
    ],
    ['an entry that ends too late', segmentOf([entryOf()]).fill(127, 28, 29), 'ends too late'],
    ['an entry longer than it says', segmentOf([entryOf()]).fill(3, 28, 29), 'another length'],
    ['a path that refers to none', segmentOf([entryOf({ shared: 1 })]), 'path refers past'],
  ])('with %s is refused by all who read it', (_, segment, reason) => {
    for (const how of [read, skim]) {
      expect(refusalOf(how(segment))).toBe('FORMAT_DAMAGED');
      expect(how(segment)).toThrow(reason);
    }
  });
});

describe('a manifest root', () => {
  const segment = {
    chunk: Buffer.alloc(33, 1),
    firstPath: Buffer.from('a'),
    entries: 1,
    contentBytes: 5,
    length: 9,
  };
  const rootOf = (firstPath: string): Buffer =>
    encodeManifestRoot({
      segments: [{ ...segment, firstPath: Buffer.from(firstPath) }],
      entries: 1,
      contentBytes: 5,
    });

  it.each<[what: string, bytes: Buffer, reason: string]>([
    ['a path that leaves the tree', rootOf('../a'), 'path'],
    ['bytes after its segments', Buffer.concat([rootOf('a'), Buffer.of(0)]), 'after the last segment'],
    ['more segments than bytes', rootOf('a').fill(0xff, 32, 36), 'more segments than bytes'],
  ])('with %s is refused', (_, bytes, reason) => {
    expect(refusalOf(() => decodeManifestRoot(rootOf('a')))).toBeUndefined();
    expect(refusalOf(() => decodeManifestRoot(bytes))).toBe('FORMAT_DAMAGED');
    expect(() => decodeManifestRoot(bytes)).toThrow(reason);
  });
});
