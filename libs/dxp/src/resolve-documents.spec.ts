import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DocumentRow } from './document-row.ts';
import type { StoredContent } from './stored-content.ts';
import { expectedPaths } from './expected-paths.ts';
import { resolveDocuments, type Resolution, type StoreIndex } from './resolve-documents.ts';

const ROW: DocumentRow = {
  companyId: '1',
  groupId: '2',
  folderId: '3',
  repositoryId: '2',
  name: '101',
  version: '1.1',
  storeUUID: 'u',
  size: 10,
  title: 'T',
  status: 0,
  ctCollectionId: '0',
};

function indexOf(files: Readonly<Record<string, number>>): StoreIndex {
  return {
    size: (path) => files[path],
    inAnyFolder: (path) =>
      Object.entries(files)
        .filter(([candidate]) => withoutFolder(candidate) === withoutFolder(path))
        .map(([found, size]) => ({ path: found, size })),
  };
}

function withoutFolder(path: string): string {
  return path.replace(/^([^/]*)\/[^/]*/, '$1');
}

function pathsReferred({ referenced }: Pick<Resolution, 'referenced'>): string[] {
  return [...referenced].map(([path]) => path);
}

describe('resolveDocuments', () => {
  it('takes the labelled file, and the plain one when only that has the size', () => {
    for (const [files, path] of [
      [{ '1/3/101/1.1~u': 10, '1/3/101/1.1': 10 }, '1/3/101/1.1~u'],
      [{ '1/3/101/1.1': 10 }, '1/3/101/1.1'],
      [{ '1/3/101/1.1~u': 4, '1/3/101/1.1': 10 }, '1/3/101/1.1'],
    ] as const) {
      const resolution = resolveDocuments([ROW], [], indexOf(files));
      expect(resolution).toMatchObject({
        rows: 1,
        resolved: 1,
        resolvedByMove: 0,
        missing: [],
        sizeMismatch: [],
      });
      expect([...pathsReferred(resolution)]).toEqual([path]);
    }
  });

  it('asks for the copy of the size that the row says, and tells which copy it chose', () => {
    const copies = [4, 10, 12];
    const index: StoreIndex = { size: (_, wanted) => (copies.includes(wanted) ? wanted : copies[0]) };
    const { resolved, referenced } = resolveDocuments([ROW], [], index);
    expect([resolved, ...referenced]).toEqual([1, ['1/3/101/1.1~u', 10]]);
    const other = resolveDocuments([{ ...ROW, size: 11 }], [], index);
    expect(other.sizeMismatch).toHaveLength(1);
    expect([...other.referenced]).toEqual([['1/3/101/1.1~u', 4]]);
  });

  it('reports a row without bytes with what a person needs to find it', () => {
    expect(resolveDocuments([ROW], [], indexOf({})).missing).toEqual([
      {
        companyId: '1',
        groupId: '2',
        folderId: '3',
        name: '101',
        version: '1.1',
        title: 'T',
        expectedPath: '1/3/101/1.1~u',
        size: 10,
        status: 0,
      },
    ]);
  });

  it('keeps and reports bytes of another size', () => {
    const resolution = resolveDocuments([ROW], [], indexOf({ '1/3/101/1.1~u': 9 }));
    expect(resolution).toMatchObject({
      rows: 1,
      resolved: 0,
      missing: [],
      sizeMismatch: [{ expectedPath: '1/3/101/1.1~u' }],
    });
    expect([...pathsReferred(resolution)]).toEqual(['1/3/101/1.1~u']);
  });

  it('counts an empty document as missing when its file is', () => {
    expect(resolveDocuments([{ ...ROW, size: 0 }], [], indexOf({})).missing).toHaveLength(1);
    expect(resolveDocuments([{ ...ROW, size: 0 }], [], indexOf({ '1/3/101/1.1~u': 0 })).resolved).toBe(1);
  });

  it('finds a document that was caught while it moved, and says where its bytes belong', () => {
    const resolution = resolveDocuments([ROW], [], indexOf({ '1/9/101/1.1~u': 10, '1/8/101/1.0': 10 }));
    expect(resolution).toMatchObject({
      rows: 1,
      resolvedByMove: 1,
      moves: [{ expectedPath: '1/3/101/1.1~u', path: '1/9/101/1.1~u' }],
      ambiguous: [],
      missing: [],
    });
    expect([...pathsReferred(resolution)]).toEqual(['1/9/101/1.1~u']);
  });

  it('names a row for which several files would do', () => {
    const resolution = resolveDocuments([ROW], [], indexOf({ '1/9/101/1.1~u': 10, '1/8/101/1.1~u': 10 }));
    expect(resolution).toMatchObject({ resolvedByMove: 1, ambiguous: ['1/3/101/1.1~u'] });
  });

  it('expects no file of a row in a publication, but uses one of the right size', () => {
    const row = { ...ROW, ctCollectionId: '77' };
    expect(resolveDocuments([row], [], indexOf({}))).toMatchObject({
      rows: 0,
      inPublication: 1,
      missing: [],
    });
    expect(resolveDocuments([row], [], indexOf({ '1/3/101/1.1~u': 9 }))).toMatchObject({
      rows: 0,
      inPublication: 1,
    });
    expect(resolveDocuments([row], [], indexOf({ '1/3/101/1.1~u': 10 }))).toMatchObject({
      rows: 1,
      resolved: 1,
      inPublication: 0,
    });
  });

  it('looks for the bytes of a publication in CTSContent, and reports them when they are not there either', () => {
    const row = { ...ROW, ctCollectionId: '77' };
    const content = {
      ctCollectionId: '77',
      companyId: '1',
      repositoryId: '3',
      path: '101',
      version: '1.1~u',
      size: 10,
    };
    const judge = (facts: Partial<StoredContent>, rows = [row]) =>
      resolveDocuments(rows, [], indexOf({}), { contents: [{ ...content, ...facts }] });
    expect(judge({})).toMatchObject({ rows: 0, inPublication: 1 });
    // The readers of the portal fall back to the plain label.
    expect(judge({ version: '1.1' })).toMatchObject({ rows: 0, inPublication: 1 });
    for (const other of [{ ctCollectionId: '78' }, { repositoryId: '2' }, { version: '1.0' }, { size: -1 }])
      expect(judge(other)).toMatchObject({ rows: 1, inPublication: 0, missing: [{ name: '101' }] });
    expect(judge({ size: 9 }).sizeMismatch).toMatchObject([{ size: 10, actualSize: 9 }]);
    // A row of production is never content with bytes of a publication.
    expect(judge({ ctCollectionId: '0' }, [ROW]).missing).toHaveLength(1);
  });

  it('knows an image of a publication by its content too', () => {
    const image = { imageId: '5', type: 'png', companyId: '1', size: 3, ctCollectionId: '77' };
    const content = {
      ctCollectionId: '77',
      companyId: '1',
      repositoryId: '0',
      path: '5.png',
      version: '1.0',
    };
    const judge = (size: number) =>
      resolveDocuments([], [image], indexOf({}), { contents: [{ ...content, size }] }).images;
    expect(judge(3)).toMatchObject({ rows: 0, inPublication: 1, missing: [] });
    expect(judge(4)).toMatchObject({ rows: 1, inPublication: 0, missing: ['1/0/5.png/1.0'] });
  });

  it('expects no file of an external repository, but uses one that is there', () => {
    const options = { externalRepositories: ['2'] };
    expect(resolveDocuments([ROW], [], indexOf({}), options)).toMatchObject({
      rows: 0,
      inExternalRepository: 1,
      missing: [],
    });
    expect(resolveDocuments([ROW], [], indexOf({ '1/3/101/1.1~u': 10 }), options)).toMatchObject({
      rows: 1,
      resolved: 1,
      inExternalRepository: 0,
    });
  });

  it('never looks outside the store, whatever a row says, and lists such rows apart', () => {
    const asked: string[] = [];
    const spy: StoreIndex = { size: (path) => (asked.push(path), 10) };
    const rows = [
      { ...ROW, name: '../../etc' },
      { ...ROW, name: '' },
      { ...ROW, version: '..' },
      { ...ROW, companyId: '.' },
    ];
    const images = [{ imageId: '1', type: '../../x', companyId: '1', size: 10, ctCollectionId: '0' }];
    const resolution = resolveDocuments(rows, images, spy);
    expect(resolution).toMatchObject({ rows: 4, missing: [], images: { missing: [expect.any(String)] } });
    expect(resolution.outsideStore.map(({ name }) => name)).toEqual(['../../etc', '', '101', '101']);
    expect(asked).toEqual([]);
  });

  it('resolves images below company 0 too, and reports one of another size', () => {
    const images = [
      { imageId: '5', type: 'png', companyId: '1', size: 3, ctCollectionId: '0' },
      { imageId: '6', type: 'png', companyId: '1', size: 3, ctCollectionId: '0' },
    ];
    const resolution = resolveDocuments([], images, indexOf({ '0/0/5.png/1.0': 3, '1/0/6.png/1.0': 4 }));
    expect(resolution.images).toEqual({
      rows: 2,
      resolved: 1,
      inPublication: 0,
      missing: [],
      sizeMismatch: ['1/0/6.png/1.0'],
    });
    expect([...pathsReferred(resolution)]).toEqual(['0/0/5.png/1.0', '1/0/6.png/1.0']);
  });

  it('counts as orphans only what no row refers to and the portal cannot make again', () => {
    const files = {
      '1/3/101/1.1~u': 10,
      '1/3/101/1.1~u.index': 1,
      '1/3/99/1.0': 1,
      '1/0/document_preview/2/1/2/3/1.png/1.0': 1,
      'README.txt': 1,
      '.lifeboat/hold/1/x': 1,
    };
    expect(resolveDocuments([ROW], [], indexOf(files), { files: Object.keys(files) })).toMatchObject({
      orphanFiles: 1,
      derived: { files: 2, bytes: 2 },
    });
  });

  it('knows the advanced layout when told', () => {
    const image = { imageId: '20999', type: 'gif', companyId: '1', size: 7, ctCollectionId: '0' };
    const files = { '1/3/10/101.afsh/101_1.1~u.afsh': 10, '0/0/20/99/20999.gif/20999_1.0.gif': 7 };
    const { resolved, images } = resolveDocuments([ROW], [image], indexOf(files), { layout: 'advanced' });
    expect([resolved, images.resolved]).toEqual([1, 1]);
  });

  it('finds a document that moves in the advanced layout', () => {
    const moved = '1/44/10/101.afsh/101_1.1~u.afsh';
    const { moves } = resolveDocuments([ROW], [], indexOf({ [moved]: 10 }), { layout: 'advanced' });
    expect(moves).toEqual([{ expectedPath: '1/3/10/101.afsh/101_1.1~u.afsh', path: moved }]);
  });

  it.each(['plain', 'advanced'] as const)(
    'never makes a path of an image that points outside (%s)',
    (layout) => {
      const image = {
        imageId: '../../../etc/passwd',
        type: 'x',
        companyId: '1',
        size: 7,
        ctCollectionId: '0',
      };
      const asked: string[] = [];
      const index: StoreIndex = { size: (path) => (asked.push(path), 7) };
      expect(resolveDocuments([], [image], index, { layout }).images).toMatchObject({ rows: 1, resolved: 0 });
      expect(asked).toEqual([]);
    },
  );

  it('accounts for every row exactly once', () => {
    const row = fc.record({
      folderId: fc.constantFrom('0', '3', '4'),
      name: fc.constantFrom('101', '102'),
      version: fc.constantFrom('1.0', '1.1', 'PWC'),
      storeUUID: fc.constantFrom('', 'u'),
      size: fc.constantFrom(0, 10),
      ctCollectionId: fc.constantFrom('0', '7'),
    });
    const file = fc.tuple(row, fc.constantFrom(0, 9, 10));
    fc.assert(
      fc.property(fc.array(row), fc.array(file), (rows, files) => {
        const stored = Object.fromEntries(
          files.map(([of, size]) => [expectedPaths({ ...ROW, ...of })[0]!, size]),
        );
        const resolution = resolveDocuments(
          rows.map((some) => ({ ...ROW, ...some })),
          [],
          indexOf(stored),
          { files: Object.keys(stored) },
        );
        const { resolved, resolvedByMove, missing, sizeMismatch, inPublication, referenced, orphanFiles } =
          resolution;
        expect(resolution.rows).toBe(resolved + resolvedByMove + missing.length + sizeMismatch.length);
        expect(resolution.rows + inPublication).toBe(rows.length);
        for (const path of pathsReferred({ referenced })) expect(stored).toHaveProperty([path]);
        expect(orphanFiles).toBe(Object.keys(stored).length - [...referenced].length);
      }),
    );
  });
});
