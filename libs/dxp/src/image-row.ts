/** One row of `Image`: portraits, logos, icons (DXP facts §2.7). Rewritten in place at every update. */
export interface ImageRow {
  readonly imageId: string;
  /** `png`, `jpg`…: the extension of the file in the store. */
  readonly type: string;
  /** '0' where the schema has no such column (6.2). */
  readonly companyId: string;
  /** Bytes. */
  readonly size: number;
  /** Not '0': the row belongs to a publication, and its bytes may be in `CTSContent` instead of the store. */
  readonly ctCollectionId: string;
}
