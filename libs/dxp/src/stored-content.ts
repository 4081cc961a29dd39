/**
 * One row of `CTSContent`: bytes of the document store that a publication keeps in the database (DXP facts §2.9).
 * They are addressed as in the store: `<companyId>/<repositoryId>/<path>/<version>`.
 */
export interface StoredContent {
  readonly ctCollectionId: string;
  readonly companyId: string;
  readonly repositoryId: string;
  readonly path: string;
  /** The label: with its store UUID, where there is one. */
  readonly version: string;
  /** Bytes, as the row says; -1 where the row has no bytes. */
  readonly size: number;
}
