import { describe, expect, it } from '@jest/globals';
import { expectedPaths, resolveDocuments, type DocumentRow } from '@lifeboat/dxp';
import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';
import fc from 'fast-check';

import { file, folder, segments, stream, treeOf } from '../testing/entries.ts';
import { sealedStore } from './sealed-store.ts';
import { StoreCopies } from './store-copies.ts';

function row(name: string, size: number, facts: Partial<DocumentRow> = {}): DocumentRow {
  return {
    companyId: '1',
    groupId: '2',
    folderId: '3',
    repositoryId: '2',
    name,
    version: '1.0',
    storeUUID: '',
    size,
    title: name,
    status: 0,
    ctCollectionId: '0',
    ...facts,
  };
}

interface Story {
  readonly round: ManifestEntry[];
  readonly held?: ManifestEntry[];
  readonly rows: DocumentRow[];
}

async function seal({ round, held = [], rows }: Story): Promise<ManifestEntry[]> {
  const copies = new StoreCopies();
  await copies.setRound(segments(round));
  await copies.addExtra(stream(held));
  const resolution = resolveDocuments(rows, [], copies, {
    files: copies.files(),
    referenced: copies.references(),
  });
  const entries: ManifestEntry[] = [];
  for await (const entry of sealedStore(() => stream(round), copies, resolution)) entries.push(entry);
  return entries;
}

/** `path:size:content` of the files. */
function filesOf(entries: readonly ManifestEntry[]): string[] {
  return entries
    .filter((entry) => entry.type === 'file')
    .map(({ path, size, content: [part] }) => {
      const content = part !== undefined && 'chunk' in part ? part.chunk.toString('utf8').slice(0, 4) : '';
      return `${path.toString()}:${size}:${content}`;
    });
}

function pathsOf(entries: readonly ManifestEntry[]): string[] {
  return entries.map(({ path }) => path.toString());
}

describe('sealedStore', () => {
  it('is the round itself when every file belongs to a row', async () => {
    const round = treeOf([file('1/3/101/1.0', 5), file('1/3/102/1.0', 6)]);
    expect(await seal({ round, rows: [row('101', 5), row('102', 6)] })).toEqual(round);
  });

  it('leaves out a document that no row at T refers to: the portal would meet its name again', async () => {
    const round = treeOf([file('1/3/101/1.0', 5), file('1/3/999/1.0', 6)]);
    expect(filesOf(await seal({ round, rows: [row('101', 5)] }))).toEqual(['1/3/101/1.0:5:roun']);
  });

  it('keeps what the portal makes itself, what is not a document, and the store’s own note', async () => {
    const round = treeOf([
      file('1/0/document_preview/2/1/2/3/1.png/1.0', 1),
      file('1/3/101/1.0.index', 1),
      file('README.txt', 1),
      file('notes/of/the/operator.txt', 1),
    ]);
    expect(await seal({ round, rows: [] })).toEqual(round);
  });

  it('adds what was held, with the folders that lead to it, in order', async () => {
    const round = treeOf([file('1/3/101/1.0', 5), file('1/5/300/1.0', 5)]);
    const held = [folder('1'), folder('1/3'), folder('1/3/200'), file('1/3/200/1.0', 7, 'held')];
    const sealed = await seal({
      round,
      held,
      rows: [
        row('101', 5),
        row('200', 7),
        row('300', 5, { folderId: '5' }),
        row('400', 9, { folderId: '4' }),
      ],
    });
    expect(pathsOf(sealed)).toEqual([
      '',
      '1',
      '1/3',
      '1/3/101',
      '1/3/101/1.0',
      '1/3/200',
      '1/3/200/1.0',
      '1/5',
      '1/5/300',
      '1/5/300/1.0',
    ]);
    expect(sealed.find(({ path }) => path.toString() === '1/3/200')?.mode).toBe(0o750);
  });

  it('makes the folders of a held file when none was held with it', async () => {
    const sealed = await seal({
      round: treeOf([]),
      held: [file('1/3/200/1.0', 7, 'held')],
      rows: [row('200', 7)],
    });
    expect(pathsOf(sealed).filter((path) => path !== '')).toEqual(['1', '1/3', '1/3/200', '1/3/200/1.0']);
    expect(sealed.filter(({ path }) => path.length === 1)).toMatchObject([
      { type: 'directory', mode: 0o755, uid: 1000 },
    ]);
  });

  it('takes the copy that the row at T describes, not the one that the round was late or early for', async () => {
    const sealed = await seal({
      round: treeOf([file('1/3/101/1.0', 5)]),
      held: [file('.lifeboat/earlier/1/1/3/101/1.0', 8, 'held')],
      rows: [row('101', 8)],
    });
    expect(filesOf(sealed)).toEqual(['1/3/101/1.0:8:held']);
  });

  it('keeps the round’s copy when a hold has another of a size that no row knows', async () => {
    const sealed = await seal({
      round: treeOf([file('1/3/101/1.0', 5)]),
      held: [file('1/3/101/1.0', 8, 'held')],
      rows: [row('101', 5)],
    });
    expect(filesOf(sealed)).toEqual(['1/3/101/1.0:5:roun']);
  });

  it('puts a document that was caught while it moved where its row expects it, and nowhere else', async () => {
    const moved = await seal({
      round: treeOf([file('1/9/101/1.0', 5)]),
      rows: [row('101', 5, { folderId: '3' })],
    });
    expect(filesOf(moved)).toEqual(['1/3/101/1.0:5:roun']);
    const held = await seal({
      round: treeOf([]),
      held: [file('1/9/101/1.0', 5, 'held')],
      rows: [row('101', 5, { folderId: '3' })],
    });
    expect(filesOf(held)).toEqual(['1/3/101/1.0:5:held']);
  });

  it('makes a moved document replace a leftover of another size at its place', async () => {
    const sealed = await seal({
      round: treeOf([file('1/3/101/1.0', 2), file('1/9/101/1.0', 5)]),
      rows: [row('101', 5, { folderId: '3' })],
    });
    expect(filesOf(sealed)).toEqual(['1/3/101/1.0:5:roun']);
  });

  it('is strictly ascending, complete and holds every row’s bytes, whatever was seen when', async () => {
    const document = fc.record({
      folderId: fc.constantFrom('3', '4', '30'),
      name: fc.constantFrom('1', '10', '2', '101'),
      version: fc.constantFrom('1.0', '1.1'),
    });
    const copy = fc.tuple(document, fc.constantFrom(3, 5), fc.constantFrom('round', 'held', 'earlier'));
    const claim = fc.tuple(document, fc.constantFrom(3, 5));
    await fc.assert(
      fc.asyncProperty(fc.array(copy), uniqueClaims(claim), async (seen, claims) => {
        const at = (from: string) =>
          seen.filter(([, , where]) => where === from).map(([key, size]) => file(pathOf(key), size, from));
        const rows = claims.map(([key, size]) => row(key.name, size, key));
        const round = treeOf(at('round'));
        const held = [...at('held'), ...at('earlier').map((entry, number) => earlier(entry, number))];
        const sealed = await seal({ round, held, rows });
        for (let next = 1; next < sealed.length; next += 1)
          expect(comparePaths(sealed[next - 1]!.path, sealed[next]!.path)).toBeLessThan(0);
        const directories = new Set(
          sealed.filter(({ type }) => type === 'directory').map(({ path }) => path.toString()),
        );
        for (const { path } of sealed)
          if (path.includes('/')) expect(directories).toContain(path.toString().replace(/\/[^/]*$/, ''));
        const sizes = new Map(sealed.map((entry) => [entry.path.toString(), entry.size]));
        const known = new Set([...round, ...held].map(({ path, size }) => `${nameOf(path)}:${size}`));
        for (const one of rows)
          if (known.has(`${one.name}/${one.version}:${one.size}`))
            expect({ one, size: sizes.get(expectedPaths(one)[0]!) }).toEqual({ one, size: one.size });
      }),
      { numRuns: 500 },
    );
  });
});

type Key = Pick<DocumentRow, 'folderId' | 'name' | 'version'>;

function pathOf({ folderId, name, version }: Key): string {
  return `1/${folderId}/${name}/${version}`;
}

/** `name/version`, wherever the document's folder is and whoever saw it. */
function nameOf(path: Buffer): string {
  return path.toString().split('/').slice(-2).join('/');
}

function earlier(entry: ManifestEntry, number: number): ManifestEntry {
  return { ...entry, path: Buffer.from(`.lifeboat/earlier/${number}/${entry.path.toString()}`) };
}

/** A name belongs to one document of a company, so a version of it has one row. */
function uniqueClaims(claim: fc.Arbitrary<[Key, number]>) {
  return fc.uniqueArray(claim, { selector: ([{ name, version }]) => `${name}/${version}` });
}
