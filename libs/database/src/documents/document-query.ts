import { WORKING_COPY } from '@lifeboat/dxp';

/** Columns of a version row that only some releases have (DXP facts §3.1). */
const VERSION_COLUMNS = [
  'companyId',
  'groupId',
  'folderId',
  'repositoryId',
  'version',
  'storeUUID',
  'size_',
  'status',
  'ctCollectionId',
] as const;

export interface DocumentTables {
  /** Ready to be put into SQL: quoted and qualified. */
  readonly versionTable: string;
  readonly entryTable: string;
  /** Lower-case column names that the tables have. */
  readonly versionColumns: ReadonlySet<string>;
  readonly entryColumns: ReadonlySet<string>;
}

/** Of the document versions. */
export type DocumentSelection = 'all' | 'working-copies';

/**
 * Every document version (of those selected) with the name and title of its entry: the publication's own copy first, else production's.
 * Column aliases are lower-case. Unquoted column names match whatever case either engine keeps.
 */
export function documentQuery(
  tables: DocumentTables,
  textCast: (sql: string) => string,
  which: DocumentSelection,
): string {
  const columns = VERSION_COLUMNS.filter((column) => tables.versionColumns.has(column.toLowerCase())).map(
    (column) => `${textCast(`v.${column}`)} AS ${column.toLowerCase()}`,
  );
  const hasPublications =
    tables.versionColumns.has('ctcollectionid') && tables.entryColumns.has('ctcollectionid');
  const entry = (column: string): string =>
    `${hasPublications ? `COALESCE(own.${column}, production.${column})` : `production.${column}`} AS entry_${column}`;
  return [
    `SELECT ${[...columns, entry('name'), entry('title')].join(', ')}`,
    `FROM ${tables.versionTable} v`,
    `LEFT JOIN ${tables.entryTable} production ON production.fileEntryId = v.fileEntryId`,
    hasPublications
      ? `AND production.ctCollectionId = 0 LEFT JOIN ${tables.entryTable} own ` +
        'ON own.fileEntryId = v.fileEntryId AND own.ctCollectionId = v.ctCollectionId'
      : '',
    which === 'all' ? '' : `WHERE v.version = '${WORKING_COPY}'`,
  ].join(' ');
}
