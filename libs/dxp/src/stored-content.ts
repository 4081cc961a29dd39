/**
 * One row of `CTSContent` or `DLContent`: bytes of the document store that a publication, or DBStore, keeps in the
 * database (DXP facts §2.8, §2.9). They are addressed as in the store: `<companyId>/<repositoryId>/<path>/<version>`.
 */
export interface StoredContent {
  readonly ctCollectionId: string;
  readonly companyId: string;
  readonly repositoryId: string;
  readonly path: string;
  /** The label: with its store UUID, where there is one. */
  readonly version: string;
  /** Bytes: of the large object where the row names one, else as the row says; -1 where it has no bytes. */
  readonly size: number;
}
