import { describe, expect, it } from '@jest/globals';
import { advancedFilePath } from './advanced-paths.ts';
import { isDerived } from './derived-content.ts';
import type { DocumentRow } from './document-row.ts';
import { expectedImagePaths, expectedPaths } from './expected-paths.ts';

const ROW: DocumentRow = {
  companyId: '20099',
  groupId: '20121',
  folderId: '0',
  repositoryId: '42504',
  name: '101',
  version: '1.0',
  storeUUID: '',
  size: 367504,
  title: 'T',
  status: 0,
  ctCollectionId: '0',
};

describe('expected paths', () => {
  it('use the site for a document in no folder and the folder otherwise, never the repository', () => {
    expect(expectedPaths(ROW)).toEqual(['20099/20121/101/1.0']);
    expect(expectedPaths({ ...ROW, folderId: '42508' })).toEqual(['20099/42508/101/1.0']);
  });

  it('try the label with the store UUID, then the plain one', () => {
    expect(expectedPaths({ ...ROW, version: '1.1', storeUUID: 'u' })).toEqual([
      '20099/20121/101/1.1~u',
      '20099/20121/101/1.1',
    ]);
  });

  it('look for images below their company, then below company 0', () => {
    const image = { imageId: '20999', type: 'gif', companyId: '20099', size: 1, ctCollectionId: '0' };
    expect(expectedImagePaths(image)).toEqual(['20099/0/20999.gif/1.0', '0/0/20999.gif/1.0']);
    expect(expectedImagePaths({ ...image, companyId: '0' })).toEqual(['0/0/20999.gif/1.0']);
  });

  it.each([
    ['1', '1.0', '1.afsh/1_1.0.afsh'],
    ['12', '1.0', '12.afsh/12_1.0.afsh'],
    ['301', '1.0', '30/301.afsh/301_1.0.afsh'],
    ['1234', '1.0', '12/1234.afsh/1234_1.0.afsh'],
    ['34567', '1.1~u', '34/56/34567.afsh/34567_1.1~u.afsh'],
    ['123456789', '1.0', '12/34/56/78/123456789.afsh/123456789_1.0.afsh'],
    ['12345678901', '1.0', '12/34/56/78/12345678901.afsh/12345678901_1.0.afsh'],
    ['DLFE-12345678', '1.0', 'DLFE/12/34/56/12345678.afsh/12345678_1.0.afsh'],
    ['20999.gif', '1.0', '20/99/20999.gif/20999_1.0.gif'],
    ['DLFE-301.doc', '1.0', 'DLFE/30/301.doc/301_1.0.doc'],
    ['20999.GIF', '1.0', '20/99/20999.gif/20999_1.0.gif'],
    ['.hidden', '1.0', '.h/id/de/.hidden.afsh/.hidden_1.0.afsh'],
    ['ends.', '1.0', 'en/ds/ends..afsh/ends._1.0.afsh'],
    ['a/b/c.png', '1.0', 'a/b/c.png/c_1.0.png'],
    ['a/b/c.PNG', '1.0', 'a/b/c.PNG/c_1.0.png'],
    ['adaptive/demo/1/2', '1.0', 'adaptive/demo/1/2/2_1.0.afsh'],
  ])('hash the name %s with label %s for the advanced store', (name, label, path) => {
    expect(advancedFilePath(name, label)).toBe(path);
  });

  it('of the advanced store have the same upper two levels, and images are hashed as well', () => {
    expect(expectedPaths({ ...ROW, name: '1', version: '1.1', storeUUID: 'u' }, 'advanced')).toEqual([
      '20099/20121/1.afsh/1_1.1~u.afsh',
      '20099/20121/1.afsh/1_1.1.afsh',
    ]);
    const image = { imageId: '20999', type: 'gif', companyId: '20099', size: 1, ctCollectionId: '0' };
    expect(expectedImagePaths(image, 'advanced')).toEqual([
      '20099/0/20/99/20999.gif/20999_1.0.gif',
      '0/0/20/99/20999.gif/20999_1.0.gif',
    ]);
  });

  it.each([
    ['20099/0/document_thumbnail/20121/158/40683/40684.png/1.0', true],
    ['20099/0/document_preview/20121/158/40683/40684/1.png/1.0', true],
    ['20099/0/adaptive/demo/20121/39623/39625/39626/1.0', true],
    ['20099/0/document_thumbnail/20121/158/40683/40684.png/40684_1.0.png', true],
    ['20099/20121/101/1.0.index', true],
    ['20099/20121/10/101.afsh/101_1.1~u.index.afsh', true],
    ['20099/20121/10/101.afsh/101_1.1~u.afsh', false],
    ['20099/20121/101/1.0', false],
    ['20099/0/20999.gif/1.0', false],
    ['20099/20121/document_thumbnail/1.0', false],
    ['README.txt', false],
  ])('%s is derived: %s', (path, derived) => {
    expect(isDerived(path)).toBe(derived);
  });
});
