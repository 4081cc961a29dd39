import type { DocumentRow } from './document-row.ts';
import type { ImageRow } from './image-row.ts';

/**
 * Where FileSystemStore keeps a version's bytes, relative to the store's root, the best candidate first: the label
 * with the store UUID, then the plain version to which readers of the portal fall back (DXP facts §2.1, §2.3, §2.4).
 * The second level is the folder, or the site for a document in no folder; never the repository.
 */
export function expectedPaths(row: DocumentRow): string[] {
  const directory = `${row.companyId}/${dataRepositoryId(row)}/${row.name}`;
  const plain = `${directory}/${row.version}`;
  return row.storeUUID === '' ? [plain] : [`${plain}~${row.storeUUID}`, plain];
}

/** `folderId`, or `groupId` when the document lies in no folder (DXP facts §2.3). */
export function dataRepositoryId(row: Pick<DocumentRow, 'folderId' | 'groupId'>): string {
  return row.folderId === '0' || row.folderId === '' ? row.groupId : row.folderId;
}

/** Where FileSystemStore keeps an image: below its company, else below company 0 as before 7.x (DXP facts §2.7). */
export function expectedImagePaths(row: ImageRow): string[] {
  const paths = [`${row.companyId}/0/${row.imageId}.${row.type}/1.0`];
  if (row.companyId !== '0') paths.push(`0/0/${row.imageId}.${row.type}/1.0`);
  return paths;
}
