import type { Value } from './database.ts';
import { documentContent } from './content.ts';

/** A document as the simulated portal knows it; identifiers are decimal strings. */
export interface SimulatedDocument {
  readonly fileEntryId: string;
  readonly companyId: string;
  readonly groupId: string;
  readonly folderId: string;
  readonly name: string;
  readonly title: string;
  readonly ctCollectionId: string;
  /** Oldest first; a working copy (`PWC`) is last. */
  readonly versions: readonly SimulatedVersion[];
}

export interface SimulatedVersion {
  readonly fileVersionId: string;
  readonly version: string;
  readonly storeUUID: string;
  readonly size: number;
  /** Label under which these bytes were first written; '' when it is this version's own. */
  readonly origin: string;
  /** 0 approved, 2 draft, 8 in trash. */
  readonly status: number;
}

export const WORKING_COPY = 'PWC';

export function labelOf({ version, storeUUID }: Pick<SimulatedVersion, 'version' | 'storeUUID'>): string {
  return storeUUID === '' ? version : `${version}~${storeUUID}`;
}

/** Folder of a document in the store: below its folder, else below its site (DXP facts §2.3). */
export function folderOf(
  document: Pick<SimulatedDocument, 'companyId' | 'groupId' | 'folderId' | 'name'>,
): string {
  const { companyId, groupId, folderId, name } = document;
  return `${companyId}/${folderId === '0' ? groupId : folderId}/${name}`;
}

export function pathOf(document: SimulatedDocument, version: SimulatedVersion): string {
  return `${folderOf(document)}/${labelOf(version)}`;
}

export function contentOf(document: SimulatedDocument, version: SimulatedVersion): Buffer {
  return documentContent(document.companyId, document.name, version.origin || labelOf(version), version.size);
}

export function currentVersion(document: SimulatedDocument): SimulatedVersion {
  return document.versions.findLast(({ version }) => version !== WORKING_COPY)!;
}

export function workingCopy(document: SimulatedDocument): SimulatedVersion | undefined {
  const last = document.versions.at(-1);
  return last?.version === WORKING_COPY ? last : undefined;
}

export const ENTRY_COLUMNS = [
  'ctCollectionId', 'uuid_', 'externalReferenceCode', 'fileEntryId', 'groupId', 'companyId', 'userId', 'userName',
  'createDate', 'modifiedDate', 'classNameId', 'classPK', 'repositoryId', 'folderId', 'treePath', 'name', 'fileName',
  'extension', 'mimeType', 'title', 'description', 'fileEntryTypeId', 'version', 'size_', 'smallImageId',
  'largeImageId', 'custom1ImageId', 'custom2ImageId',
] as const; // prettier-ignore

export const VERSION_COLUMNS = [
  'ctCollectionId', 'uuid_', 'fileVersionId', 'groupId', 'companyId', 'userId', 'userName', 'createDate',
  'modifiedDate', 'repositoryId', 'folderId', 'fileEntryId', 'treePath', 'fileName', 'extension', 'mimeType', 'title',
  'description', 'changeLog', 'extraSettings', 'fileEntryTypeId', 'version', 'size_', 'storeUUID', 'status',
] as const; // prettier-ignore

export function entryValues(document: SimulatedDocument, at: Date): Value[] {
  const { ctCollectionId, fileEntryId, groupId, companyId, folderId, name, title } = document;
  const { version, size } = currentVersion(document);
  const uuid = `e-${fileEntryId}`;
  const treePath = folderId === '0' ? '/' : `/${folderId}/`;
  return [
    ctCollectionId, uuid, uuid, fileEntryId, groupId, companyId, '20129', 'Test Test',
    at, at, '0', '0', groupId, folderId, treePath, name, `${title}.pdf`,
    'pdf', 'application/pdf', title, '', '0', version, size, '0',
    '0', '0', '0',
  ]; // prettier-ignore
}

export function versionValues(document: SimulatedDocument, version: SimulatedVersion, at: Date): Value[] {
  const { ctCollectionId, fileEntryId, groupId, companyId, folderId, title } = document;
  const treePath = folderId === '0' ? '/' : `/${folderId}/`;
  return [
    ctCollectionId, `v-${version.fileVersionId}`, version.fileVersionId, groupId, companyId, '20129', 'Test Test', at,
    at, groupId, folderId, fileEntryId, treePath, `${title}.pdf`, 'pdf', 'application/pdf', title,
    '', '', version.origin, '0', version.version, version.size, version.storeUUID, version.status,
  ]; // prettier-ignore
}
