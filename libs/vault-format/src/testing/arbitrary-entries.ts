import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { comparePaths } from '../manifest/compare-paths.ts';
import { pathFault } from '../manifest/check-path.ts';
import type { ContentPart, ManifestEntry } from '../manifest/manifest-entry.ts';

/** Any tree that the format can hold. For tests. */

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const path = fc
  .oneof(
    bytes(12),
    fc
      .array(fc.constantFrom('a', 'b', '.', '-', '/', 'ä', 'z'), { maxLength: 12 })
      .map((list) => Buffer.from(list.join(''))),
  )
  .filter((candidate) => pathFault(candidate) === undefined);

const part: fc.Arbitrary<ContentPart> = fc.oneof(
  fc.record({
    chunk: fc.uint8Array({ minLength: 33, maxLength: 33 }).map((id) => Buffer.from(id)),
    length: fc.integer({ min: 1, max: 4_194_304 }),
  }),
  fc.record({ hole: fc.integer({ min: 1, max: 2 ** 45 }) }),
);

const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 70n });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const inode = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const xattrs = fc
  .uniqueArray(fc.record({ name: bytes(8), value: bytes(20) }), {
    maxLength: 3,
    selector: ({ name }) => name.toString('hex'),
  })
  .map((list) => list.sort((a, b) => Buffer.compare(a.name, b.name)));

const entry: fc.Arbitrary<ManifestEntry> = fc
  .record(
    {
      path,
      type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const),
      mode: fc.integer({ min: 0, max: 0o7777 }),
      uid: word,
      gid: word,
      user: fc.string({ maxLength: 5 }),
      group: fc.constantFrom('root', 'liferay', ''),
      mtimeNs: time,
      ctimeNs: time,
      size: fc.nat(),
      inode,
      linkGroup: inode,
      linkTarget: bytes(10),
      content: fc.array(part, { maxLength: 4 }),
      xattrs,
    },
    {
      requiredKeys: [
        'path',
        'type',
        'mode',
        'uid',
        'gid',
        'mtimeNs',
        'ctimeNs',
        'size',
        'inode',
        'content',
        'linkTarget',
      ],
    },
  )
  .map(({ linkTarget, ...rest }) => {
    if (rest.type !== 'file')
      return { ...rest, content: [], ...(rest.type === 'symlink' ? { linkTarget } : {}) };
    return {
      ...rest,
      size: rest.content.reduce((sum, item) => sum + ('hole' in item ? item.hole : item.length), 0),
    };
  });

export const entries: fc.Arbitrary<ManifestEntry[]> = fc
  .uniqueArray(entry, { maxLength: 20, selector: (item) => item.path.toString('hex') })
  .map((list) => list.sort((a, b) => comparePaths(a.path, b.path)));
