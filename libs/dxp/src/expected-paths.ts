import { advancedFilePath } from './advanced-paths.ts';
import type { DocumentRow } from './document-row.ts';
import type { ImageRow } from './image-row.ts';

/**
 * How a kind of store names what it keeps. `plain`: `<company>/<folder or site>/<name>/<label>`, the paths of
 * FileSystemStore, the keys of S3Store and, column by column, the rows of DBStore. `advanced`: AdvancedFileSystemStore.
 */
export type StoreLayout = 'plain' | 'advanced';

/**
 * Where a store keeps a version's bytes, relative to its root, the best candidate first: the label with the store
 * UUID, then the plain version to which readers of the portal fall back (DXP facts §2.1, §2.3, §2.4).
 * The second level is the folder, or the site for a document in no folder; never the repository.
 */
export function expectedPaths(row: DocumentRow, layout: StoreLayout = 'plain'): string[] {
  const labels = row.storeUUID === '' ? [row.version] : [`${row.version}~${row.storeUUID}`, row.version];
  return labels.map((label) => storedPath(layout, row.companyId, dataRepositoryId(row), row.name, label));
}

/** `folderId`, or `groupId` when the document lies in no folder (DXP facts §2.3). */
export function dataRepositoryId(row: Pick<DocumentRow, 'folderId' | 'groupId'>): string {
  return row.folderId === '0' || row.folderId === '' ? row.groupId : row.folderId;
}

/** Where a store keeps an image: below its company, else below company 0 as before 7.x (DXP facts §2.7). */
export function expectedImagePaths(row: ImageRow, layout: StoreLayout = 'plain'): string[] {
  const companies = row.companyId === '0' ? ['0'] : [row.companyId, '0'];
  return companies.map((company) => storedPath(layout, company, '0', `${row.imageId}.${row.type}`, '1.0'));
}

function storedPath(
  layout: StoreLayout,
  company: string,
  folder: string,
  name: string,
  label: string,
): string {
  const path = layout === 'plain' ? `${name}/${label}` : advancedFilePath(name, label);
  return `${company}/${folder}/${path}`;
}
