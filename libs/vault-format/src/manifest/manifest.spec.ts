import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeEntry,
  decodeManifestRoot,
  decodeSegment,
  encodeEntry,
  encodeManifestRoot,
  fileSizes,
  MAX_SEGMENT,
  SegmentBuilder,
  summarizeSegment,
  type ManifestEntry,
} from '../index.ts';
import { entries } from '../testing/arbitrary-entries.ts';
import { refusalOf } from '../testing/expect-typed.ts';

function segmentsOf(list: Iterable<ManifestEntry>): Buffer[] {
  const builder = new SegmentBuilder();
  const segments = [...list].map((entry) => builder.push(entry));
  return [...segments, builder.finish()].filter((segment) => segment !== undefined);
}

const idOf = (text: string): Buffer =>
  Buffer.concat([Buffer.of(1), createHash('sha256').update(text).digest()]);

function fileAt(path: string, size = 1000): ManifestEntry {
  const mtimeNs = 1_700_000_000_000_000_000n;
  const content = [{ chunk: idOf(`${path}${size}`), length: size }];
  return {
    path: Buffer.from(path),
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    user: 'root',
    group: 'root',
    mtimeNs,
    ctimeNs: mtimeNs,
    size,
    inode: 1n,
    content,
  };
}

const TREE = Array.from({ length: 20_000 }, (_, i) =>
  fileAt(`data/${String(i >>> 6).padStart(4, '0')}/document-${i + 100_000}.bin`),
);

describe('segments', () => {
  it('give back any entries, in order', () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(segmentsOf(list).flatMap((segment) => [...decodeSegment(segment)])).toEqual(list);
        const sizes: [string, number][] = [];
        for (const segment of segmentsOf(list)) fileSizes(segment, (path, size) => sizes.push([path, size]));
        const files = list.filter(({ type }) => type === 'file');
        expect(sizes).toEqual(files.map(({ path, size }) => [path.toString('latin1'), size]));
        for (const entry of list) expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
      }),
    );
  });

  it('refuse any changed or cut bytes with a typed error, or read them as other whole entries', () => {
    fc.assert(
      fc.property(
        entries,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (list, place, flip, cut) => {
          const segment = segmentsOf(list)[0] ?? Buffer.alloc(1);
          const at = place % segment.length;
          const changed = Buffer.from(cut ? segment.subarray(0, at) : segment);
          if (!cut) changed[at]! ^= flip;
          // There is no checksum inside: sealing authenticates. But nothing may escape as another error.
          const refusal = refusalOf(() => [...decodeSegment(changed)]);
          const skimmed = refusalOf(() => fileSizes(changed, () => undefined));
          if (cut) expect([refusal, skimmed]).toEqual(['FORMAT_DAMAGED', 'FORMAT_DAMAGED']);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuse random bytes behind a good header without allocating by them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 0xffff_ffff }),
        (noise, count) => {
          const segment = Buffer.concat([segmentsOf([fileAt('a')])[0]!.subarray(0, 28), noise]);
          segment.writeUInt32BE(count, 16);
          expect(refusalOf(() => [...decodeSegment(segment)])).toBeDefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuse paths that could leave the root', () => {
    for (const path of ['..', 'a/..', '../a', '/a', 'a//b', 'a/', './a', 'a\0']) {
      const bytes = encodeEntry(fileAt(path));
      expect([path, refusalOf(() => decodeEntry(bytes))]).toEqual([path, 'FORMAT_DAMAGED']);
    }
    expect(decodeEntry(encodeEntry(fileAt('a/...'))).path.toString()).toBe('a/...');
  });

  it('refuse entries out of order when written (our bug) and when read', () => {
    expect(() => segmentsOf([fileAt('b'), fileAt('a')])).toThrow('invariant');
    expect(() => segmentsOf([fileAt('a'), fileAt('a')])).toThrow('invariant');
    const [head, body] = [segmentsOf([fileAt('a')])[0]!, encodeEntry(fileAt('a'))];
    const twice = Buffer.concat([head, body]);
    twice.writeUInt32BE(2, 16);
    expect(refusalOf(() => [...decodeSegment(twice)])).toBe('FORMAT_DAMAGED');
  });

  it('refuse a size that its content does not have: our bug', () => {
    expect(() => encodeEntry({ ...fileAt('a'), size: 7 })).toThrow('invariant');
  });

  it('skip fields of features that may be ignored', () => {
    const plain = segmentsOf([fileAt('a')])[0]!;
    const entry = plain.subarray(29);
    const extended = Buffer.concat([
      plain.subarray(0, 28),
      Buffer.of(entry.length + 3),
      entry,
      Buffer.from('new'),
    ]);
    expect(entry.length + 3).toBeLessThan(128);
    expect(refusalOf(() => [...decodeSegment(extended)])).toBe('FORMAT_DAMAGED');
    extended[13] = 1;
    expect([...decodeSegment(extended)]).toEqual([fileAt('a')]);
  });

  it('are about 64 KiB and never over 1 MiB', () => {
    const lengths = segmentsOf(TREE).map((segment) => segment.length);
    const average = lengths.reduce((a, b) => a + b, 0) / lengths.length;
    expect(average).toBeGreaterThan(32 * 1024);
    expect(average).toBeLessThan(128 * 1024);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_SEGMENT);
  });

  it('hold files of many chunks in segments of at most 1 MiB', () => {
    const content = Array.from({ length: 3000 }, (_, i) => ({ chunk: idOf(String(i)), length: 1 }));
    const list = Array.from({ length: 40 }, (_, i) => ({
      ...fileAt(`file-${i + 100}`),
      size: 3000,
      content,
    }));
    const segments = segmentsOf(list);
    for (const segment of segments) expect(segment.length).toBeLessThanOrEqual(MAX_SEGMENT);
    const read = segments.flatMap((segment) => [...decodeSegment(segment)]);
    expect(read.every((entry, i) => encodeEntry(entry).equals(encodeEntry(list[i]!)))).toBe(true);
    expect(read).toHaveLength(list.length);
  });

  it('refuse a file of more pieces than one entry holds', () => {
    const hole = { hole: 1_000_000 };
    const content = Array.from({ length: 1_500_000 }, () => hole);
    const huge = { ...fileAt('huge'), size: content.length * hole.hole, content };
    expect(refusalOf(() => segmentsOf([huge]))).toBe('FORMAT_UNSUPPORTED');
  });

  it('change only near a change', () => {
    const before = segmentsOf(TREE).map((segment) => segment.toString('hex'));
    const known = new Set(before);
    const fresh = (list: ManifestEntry[]): number =>
      segmentsOf(list).filter((segment) => !known.has(segment.toString('hex'))).length;
    const middle = TREE.length / 2;
    expect(fresh(TREE)).toBe(0);
    expect(fresh(TREE.with(middle, fileAt(TREE[middle]!.path.toString(), 999)))).toBe(1);
    expect(fresh(TREE.toSpliced(middle, 1))).toBeLessThanOrEqual(2);
    expect(
      fresh(TREE.toSpliced(middle, 0, fileAt(`${TREE[middle - 1]!.path.toString()}~`))),
    ).toBeLessThanOrEqual(2);
  });
});

describe('manifest roots', () => {
  it('give back any list of segments', () => {
    const segments = segmentsOf(TREE).map((segment) => ({
      chunk: idOf(segment.toString('hex')),
      ...summarizeSegment(segment),
    }));
    const root = { segments, entries: TREE.length, contentBytes: TREE.length * 1000 };
    expect(decodeManifestRoot(encodeManifestRoot(root))).toEqual(root);
    expect(decodeManifestRoot(encodeManifestRoot({ segments: [], entries: 0, contentBytes: 0 }))).toEqual({
      segments: [],
      entries: 0,
      contentBytes: 0,
    });
  });

  it('refuse sums that do not agree, and segments out of order', () => {
    const segment = { chunk: idOf('x'), firstPath: Buffer.from('b'), entries: 1, contentBytes: 2, length: 3 };
    const wrong = encodeManifestRoot({ segments: [segment], entries: 2, contentBytes: 2 });
    expect(refusalOf(() => decodeManifestRoot(wrong))).toBe('FORMAT_DAMAGED');
    const unordered = encodeManifestRoot({
      segments: [segment, { ...segment, firstPath: Buffer.from('a') }],
      entries: 2,
      contentBytes: 4,
    });
    expect(refusalOf(() => decodeManifestRoot(unordered))).toBe('FORMAT_DAMAGED');
  });

  it('refuse any other bytes with a typed error', () => {
    const good = encodeManifestRoot({ segments: [], entries: 0, contentBytes: 0 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(36), (noise, keep) => {
        const refusal = refusalOf(() => decodeManifestRoot(Buffer.concat([good.subarray(0, keep), noise])));
        expect(refusal === undefined ? noise.length : 0).toBeLessThanOrEqual(36);
      }),
      { numRuns: 500 },
    );
  });
});
