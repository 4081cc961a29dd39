import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';
import fc from 'fast-check';
import { fileEntry, sendEntries, seededBytes, TestVaults, type TestVault } from '../testing/index.ts';
import type { Difference } from './diff-manifests.ts';

const CHUNKS = [1, 2, 3].map((seed) => seededBytes(`chunk ${seed}`, 33));

let vaults: TestVaults;
let test: TestVault;
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make();
});
afterAll(() => vaults.stop());

function entryOf(path: string, chunk = 0): ManifestEntry {
  return fileEntry(path, 10, CHUNKS[chunk]!);
}

type Change = (entry: ManifestEntry) => ManifestEntry;

/** Each with what it has to be called; undefined: nothing that a restore gives back. */
const CHANGES: readonly (readonly [string | undefined, Change])[] = [
  ['content', (entry) => ({ ...entry, content: [{ chunk: CHUNKS[1]!, length: 10 }] })],
  ['content', (entry) => ({ ...entry, content: [{ hole: 10 }] })],
  ['mode', (entry) => ({ ...entry, mode: 0o600 })],
  ['owner', (entry) => ({ ...entry, uid: 7 })],
  ['owner', (entry) => ({ ...entry, group: 'liferay' })],
  ['modified', (entry) => ({ ...entry, mtimeNs: 2n })],
  ['attributes', (entry) => ({ ...entry, xattrs: [{ name: Buffer.of(1), value: Buffer.of(2) }] })],
  ['links', (entry) => ({ ...entry, linkGroup: 3n })],
  ['type', ({ linkGroup: _, ...entry }) => ({ ...entry, type: 'directory', content: [], size: 0 })],
  [undefined, (entry) => ({ ...entry, ctimeNs: 5n, inode: 9n })],
];

async function diff(before: ManifestEntry[], after: ManifestEntry[], from?: Buffer): Promise<Difference[]> {
  const roots = { before: await sendEntries(test, before), after: await sendEntries(test, after), from };
  return differences(roots);
}

async function differences(trees: { before: Buffer; after: Buffer; from?: Buffer | undefined }) {
  const found: Difference[] = [];
  for await (const each of test.vault.diff(test.cluster, trees)) if (each.change !== 'same') found.push(each);
  return found;
}

function briefly(found: readonly Difference[]): string[] {
  return found.map((each) =>
    each.change === 'changed'
      ? `${each.path} changed: ${each.aspects.join(', ')}`
      : `${each.path} ${each.change}`,
  );
}

describe('a diff', () => {
  it('names what went and what came between what stays', async () => {
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((path) => entryOf(path)) as [
      ManifestEntry,
      ManifestEntry,
      ManifestEntry,
      ManifestEntry,
      ManifestEntry,
    ];
    expect(briefly(await diff([a, b, d], [a, c, d, e]))).toEqual(['b removed', 'c added', 'e added']);
    expect(briefly(await diff([a, c], [b]))).toEqual(['a removed', 'b added', 'c removed']);
  });

  it.each(CHANGES)('calls it %s', async (aspect, change) => {
    const entry = entryOf('a');
    const said = briefly(await diff([entry], [change(entry)]));
    expect(said).toEqual(aspect === undefined ? [] : [`a changed: ${aspect}`]);
  });

  it('tells a link’s target', async () => {
    const link = (target: string): ManifestEntry => {
      const { size: _size, ...entry } = entryOf('a');
      return { ...entry, type: 'symlink', content: [], size: 1, linkTarget: Buffer.from(target) };
    };
    expect(briefly(await diff([link('x')], [link('y')]))).toEqual(['a changed: target']);
  });

  const names = fc.uniqueArray(fc.stringMatching(/^[a-c]{1,3}(\/[a-f!]{1,2})?$/), { maxLength: 60 });
  const edits = fc.array(
    fc.record({
      at: fc.nat(4000),
      change: fc.oneof(fc.constantFrom<'remove' | 'add'>('remove', 'add'), fc.nat(CHANGES.length - 1)),
    }),
    { maxLength: 12 },
  );

  it('is what comparing every path says, from any path on', async () => {
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.nat(3000),
        edits,
        fc.option(fc.nat(4000)),
        async (some, many, list, start) => {
          const paths = [...some, ...Array.from({ length: many }, (_, index) => `d/${index}`)]
            .filter((path, _, all) => !path.includes('/') || !all.includes(path.split('/')[0]!))
            .map((path) => entryOf(path));
          const before = sorted(paths);
          const after = edited(before, list);
          const from = start === null ? undefined : before[start % Math.max(1, before.length)]?.path;
          const expected = naive(before, after).filter(
            ({ path }) => from === undefined || comparePaths(path, from) > 0,
          );
          expect(briefly(await diff(before, after, from))).toEqual(briefly(expected));
        },
      ),
      { numRuns: 20 },
    );
  }, 120_000);

  it('reads the segments that differ alone', async () => {
    const before = sorted(Array.from({ length: 40_000 }, (_, index) => entryOf(`${index % 50}/${index}`)));
    const after = before.map((entry) =>
      ['7/1007', '31/20031'].includes(entry.path.toString()) ? { ...entry, mode: 0o600 } : entry,
    );
    const [old, young] = [await sendEntries(test, before), await sendEntries(test, after)];
    const located = jest.spyOn(test.catalog.chunks, 'locate');
    const trees = { before: old, after: young };
    expect(briefly(await differences(trees))).toEqual(['31/20031 changed: mode', '7/1007 changed: mode']);
    const read = located.mock.calls.reduce((sum, [, ids]) => sum + ids.length / 33, 0);
    located.mockRestore();
    expect(read).toBe(2 + 4); // the roots, and two segments of each
    expect(await differences({ before: old, after: old })).toEqual([]);
  });
});

function sorted(entries: readonly ManifestEntry[]): ManifestEntry[] {
  return entries.toSorted((a, b) => comparePaths(a.path, b.path));
}

function edited(
  before: readonly ManifestEntry[],
  edits: readonly { at: number; change: 'remove' | 'add' | number }[],
): ManifestEntry[] {
  const after = new Map(before.map((entry) => [entry.path.toString(), entry]));
  for (const { at, change } of edits) {
    const entry = before[at % Math.max(1, before.length)];
    if (change === 'add') after.set(`e/${at}`, entryOf(`e/${at}`));
    else if (entry === undefined) continue;
    else if (change === 'remove') after.delete(entry.path.toString());
    else after.set(entry.path.toString(), CHANGES[change]![1](entry));
  }
  return sorted([...after.values()]);
}

/** Whole trees in memory, field by field. */
function naive(before: readonly ManifestEntry[], after: readonly ManifestEntry[]): Difference[] {
  const [old, young] = [byPath(before), byPath(after)];
  const paths = [...new Set([...old.keys(), ...young.keys()])].map((path) => Buffer.from(path));
  return paths.toSorted(comparePaths).flatMap((path): Difference[] => {
    const [a, b] = [old.get(path.toString()), young.get(path.toString())];
    if (a === undefined) return [{ change: 'added', path, after: b! }];
    if (b === undefined) return [{ change: 'removed', path, before: a }];
    const [aspect] = CHANGES.find(([, change]) => same(change(a), b)) ?? [undefined];
    if (aspect === undefined) return [];
    return [{ change: 'changed', path, before: a, after: b, aspects: [aspect as never] }];
  });
}

function byPath(entries: readonly ManifestEntry[]): Map<string, ManifestEntry> {
  return new Map(entries.map((entry) => [entry.path.toString(), entry]));
}

function same(a: ManifestEntry, b: ManifestEntry): boolean {
  const text = (entry: ManifestEntry): string =>
    JSON.stringify(entry, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return text(a) === text(b);
}
