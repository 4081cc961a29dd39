import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { comparePaths, pathText, type ManifestEntry } from '@lifeboat/vault-format';
import fc from 'fast-check';
import { fileEntry, sendEntries, seededBytes, TestVaults, type TestVault } from '../testing/index.ts';
import type { Child } from './list-directory.ts';

const CHUNK = seededBytes('chunk', 33);

let vaults: TestVaults;
let test: TestVault;
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make();
});
afterAll(() => vaults.stop());

function directoryEntry(path: string): ManifestEntry {
  return { ...fileEntry(path, 0, CHUNK), type: 'directory' };
}

/** Every page of a directory, one behind the other. */
async function pagesOf(root: Buffer, directory: string, limit: number): Promise<(readonly Child[])[]> {
  const pages: (readonly Child[])[] = [];
  let after: Buffer | undefined;
  for (;;) {
    const query = { directory: Buffer.from(directory), after, limit };
    const { children, more } = await test.vault.listDirectory(test.cluster, root, query);
    pages.push(children);
    if (!more) return pages;
    const last = children.at(-1)!.path;
    after = last.subarray(last.lastIndexOf('/') + 1);
  }
}

describe('listing a directory', () => {
  const name = fc.constantFrom('a', 'b', 'b!', 'c', 'ca', '\u{e4}');
  const tree = fc.uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')),
    { maxLength: 60 },
  );

  it('gives each child once, in order, however it is cut into pages, those left out above others too', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(), fc.integer({ min: 1, max: 5 }), async (paths, pick, limit) => {
        const ordered = paths.map((path) => Buffer.from(path)).sort(comparePaths);
        const entries = ordered.map((path) => directoryEntry(path.toString()));
        const root = await sendEntries(test, [directoryEntry(''), ...entries]);
        const directory = ['', ...paths][pick % (paths.length + 1)]!;
        const prefix = directory === '' ? '' : `${directory}/`;
        const below = ordered.map(String).filter((path) => path.startsWith(prefix) && path !== directory);
        const names = new Set(below.map((path) => path.slice(prefix.length).split('/')[0]!));
        const expected = [...names]
          .map((each) => Buffer.from(each))
          .sort(Buffer.compare)
          .map((each) => `${prefix}${each.toString()}`);
        const pages = await pagesOf(root, directory, limit);
        expect(pages.flat().map(({ path }) => path.toString())).toEqual(expected);
        expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
        for (const { path, entry } of pages.flat()) {
          expect(entry !== undefined).toBe(paths.includes(path.toString()));
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('refuses what the tree has not, and takes names that are not UTF-8', async () => {
    const entry = { ...fileEntry('', 0, CHUNK), path: Buffer.from([0x61, 0xff]) };
    const root = await sendEntries(test, [entry]);
    const [[child]] = (await pagesOf(root, '', 10)) as [Child[]];
    expect(pathText(child!.path)).toBe('a\\xff');
    await expect(pagesOf(root, 'b', 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(pagesOf(root, 'a', 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

/** 1,000,000 entries: 500,000 of them in one directory, 499,998 in 2,000 others. */
function* million(): Generator<ManifestEntry> {
  yield directoryEntry('');
  yield directoryEntry('big');
  for (let file = 0; file < 500_000; file++)
    yield fileEntry(`big/${String(file).padStart(6, '0')}`, 9, CHUNK);
  yield directoryEntry('many');
  let left = 1_000_000 - 500_003;
  for (let folder = 0; left > 0; folder++) {
    const at = `many/${String(folder).padStart(4, '0')}`;
    yield directoryEntry(at);
    for (let file = 0; --left > 0 && file < 249; file++)
      yield fileEntry(`${at}/${String(file).padStart(3, '0')}`, 9, CHUNK);
  }
}

describe('a tree of a million entries', () => {
  let root: Buffer;
  beforeAll(async () => {
    root = await sendEntries(test, million());
  }, 120_000);

  async function segmentsRead(work: () => Promise<unknown>): Promise<number> {
    const located = jest.spyOn(test.catalog.chunks, 'locate');
    await work();
    const read = located.mock.calls.reduce((sum, [, ids]) => sum + ids.length / 33, 0) - 1;
    located.mockRestore();
    return read;
  }

  const page = async (directory: string, after: string | undefined, limit: number): Promise<string[]> => {
    const query = { directory: Buffer.from(directory), after: after && Buffer.from(after), limit };
    const { children } = await test.vault.listDirectory(test.cluster, root, query as never);
    return children.map(({ path }) => path.toString());
  };

  it('is paged through by the segments that a page lies in', async () => {
    for (const after of [undefined, '000999', '250000', '499000']) {
      const read = await segmentsRead(async () => {
        const first = after === undefined ? 0 : Number(after) + 1;
        const names = await page('big', after, 900);
        expect(names).toHaveLength(Math.min(900, 500_000 - first));
        expect(names[0]).toBe(`big/${String(first).padStart(6, '0')}`);
      });
      // About 500 entries a segment; they are cut by content, so that some are longer.
      expect(read).toBeLessThanOrEqual(8);
    }
  });

  it('steps over what lies deeper', async () => {
    const read = await segmentsRead(async () => {
      expect(await page('', undefined, 10)).toEqual(['big', 'many']);
    });
    expect(read).toBeLessThanOrEqual(4);
    expect(
      await segmentsRead(async () => {
        expect(await page('many', '1499', 100)).toHaveLength(100);
      }),
    ).toBeLessThanOrEqual(101);
  });
});
