import { describe, expect, it } from '@jest/globals';
import { resolveDocuments } from './resolve-documents.ts';
import { StoreContents } from './store-contents.ts';
import type { StoredContent } from './stored-content.ts';

const CONTENT: StoredContent = {
  ctCollectionId: '0',
  companyId: '1',
  repositoryId: '3',
  path: '101',
  version: '1.1~u',
  size: 10,
};
const ROW = {
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
const IMAGE = { imageId: '5', type: 'png', companyId: '1', size: 7, ctCollectionId: '0' };

describe('what a database store keeps', () => {
  it('resolves documents and images, and counts what no row refers to', () => {
    const contents = new StoreContents([
      CONTENT,
      { ...CONTENT, repositoryId: '0', path: '5.png', version: '1.0', size: 7 },
      { ...CONTENT, path: '999', version: '1.0', size: 3 },
    ]);
    const resolution = resolveDocuments([ROW], [IMAGE], contents, { files: contents.files() });
    expect(resolution).toMatchObject({ rows: 1, resolved: 1, orphanFiles: 1, images: { resolved: 1 } });
    expect([contents.contents, contents.bytes]).toEqual([3, 20]);
  });

  it('has nothing for a row whose bytes are gone, and tells a wrong size', () => {
    const gone = new StoreContents([{ ...CONTENT, size: -1 }]);
    expect(resolveDocuments([ROW], [], gone).missing).toHaveLength(1);
    expect(gone.contents).toBe(0);
    const short = new StoreContents([{ ...CONTENT, size: 4 }]);
    expect(resolveDocuments([ROW], [], short).sizeMismatch).toMatchObject([{ size: 10, actualSize: 4 }]);
  });

  it('knows a publication’s copy of a path beside production’s', () => {
    const contents = new StoreContents([{ ...CONTENT, ctCollectionId: '7', size: 12 }, CONTENT]);
    expect([10, 12, 99].map((wanted) => contents.size('1/3/101/1.1~u', wanted))).toEqual([10, 12, 10]);
  });
});
