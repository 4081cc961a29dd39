/** `version` of a checked-out document's working copy: rows that come and go within seconds, and their bytes with them. */
export const WORKING_COPY = 'PWC';

/**
 * One row of `DLFileVersion` joined with the `name` of its `DLFileEntry` (DXP facts §3.1, §3.2): a version of a
 * document whose bytes belong in the document store. Identifiers are decimal strings, since they exceed 2^53.
 */
export interface DocumentRow {
  readonly companyId: string;
  readonly groupId: string;
  /** '0' for a document at the top of its site. */
  readonly folderId: string;
  readonly repositoryId: string;
  /** `DLFileEntry.name`: made from the counter, not the title; part of the path. May hold '/' in old versions. */
  readonly name: string;
  /** `1.0`, `2.3`, or `PWC` for the working copy of a checked-out document. */
  readonly version: string;
  /** Empty for a first version and before schema 25.3.0. */
  readonly storeUUID: string;
  /** Bytes. */
  readonly size: number;
  readonly title: string;
  /** 0 approved, 2 draft, 8 in trash…: every status has bytes in the store. */
  readonly status: number;
  /** Not '0': the row belongs to a publication, and its bytes may be in `CTSContent` instead of the store. */
  readonly ctCollectionId: string;
}
