import type { DocumentRow, ImageRow } from '@lifeboat/dxp';

/** Tables of DXP that a dump's tap decodes, by lower-case name (names are Pascal case on MariaDB, DXP facts §3.4). */
const WANTED = new Set(['dlfileentry', 'dlfileversion', 'image', 'release_']);

export function isDxpTable(table: string): boolean {
  return WANTED.has(table.toLowerCase());
}

/** Column values of one row by lower-case column name. */
export type TextRow = ReadonlyMap<string, string | null>;

interface EntryFacts {
  readonly name: string;
  readonly title: string;
}

/**
 * Gathers the document, image and release rows that pass by in a dump and joins them at the end: versions carry
 * no `name`, so each needs its entry (DXP facts §3.2). A publication's version prefers its own copy of the entry.
 */
export class DxpRowCollector {
  readonly #entries = new Map<string, EntryFacts>();
  readonly #versions: { readonly schema: string; readonly row: TextRow }[] = [];
  readonly #images: ImageRow[] = [];
  #buildNumber: string | null = null;
  #schemaVersion: string | null = null;

  add(schema: string, table: string, row: TextRow): void {
    switch (table.toLowerCase()) {
      case 'dlfileentry':
        this.#entries.set(entryKey(schema, row, text(row, 'ctcollectionid', '0')), {
          name: text(row, 'name'),
          title: text(row, 'title'),
        });
        return;
      case 'dlfileversion':
        this.#versions.push({ schema, row });
        return;
      case 'image':
        this.#images.push(imageOf(row));
        return;
      case 'release_':
        if (text(row, 'servletcontextname') !== 'portal') return;
        this.#buildNumber ??= row.get('buildnumber') ?? null;
        this.#schemaVersion ??= row.get('schemaversion') ?? null;
    }
  }

  finish(): {
    documents: DocumentRow[];
    images: ImageRow[];
    release: { buildNumber: string | null; schemaVersion: string | null };
  } {
    return {
      documents: this.#versions.map(({ schema, row }) => this.#documentOf(schema, row)),
      images: this.#images,
      release: { buildNumber: this.#buildNumber, schemaVersion: this.#schemaVersion },
    };
  }

  #documentOf(schema: string, row: TextRow): DocumentRow {
    const publication = text(row, 'ctcollectionid', '0');
    const entry =
      this.#entries.get(entryKey(schema, row, publication)) ?? this.#entries.get(entryKey(schema, row, '0'));
    return documentOf((name) => row.get(name), entry?.name ?? '', entry?.title ?? '');
  }
}

/**
 * A version row whose entry is gone keeps an empty name: it is reported as missing, never dropped.
 *
 * @param column a column's text by its lower-case name; undefined when the row has none
 */
function documentOf(
  column: (name: string) => string | null | undefined,
  name: string,
  title: string,
): DocumentRow {
  return {
    companyId: column('companyid') ?? '0',
    groupId: column('groupid') ?? '0',
    folderId: column('folderid') ?? '0',
    repositoryId: column('repositoryid') ?? '0',
    name,
    version: column('version') ?? '',
    storeUUID: column('storeuuid') ?? '',
    size: Number(column('size_') ?? '0'),
    title,
    status: Number(column('status') ?? '0'),
    ctCollectionId: column('ctcollectionid') ?? '0',
  };
}

/** Reads rows of `documentQuery`, whose columns have these names (lower-case), as documents. */
export function documentReader(columns: readonly string[]): (row: readonly (string | null)[]) => DocumentRow {
  const at = new Map(columns.map((name, index) => [name, index]));
  return (row) => {
    const column = (name: string) => row[at.get(name) ?? -1];
    return documentOf(column, column('entry_name') ?? '', column('entry_title') ?? '');
  };
}

function imageOf(row: TextRow): ImageRow {
  return {
    imageId: text(row, 'imageid', '0'),
    type: text(row, 'type_'),
    companyId: text(row, 'companyid', '0'),
    size: Number(text(row, 'size_', '0')),
  };
}

function entryKey(schema: string, row: TextRow, publication: string): string {
  return `${schema}\0${text(row, 'fileentryid')}\0${publication}`;
}

function text(row: TextRow, column: string, otherwise = ''): string {
  return row.get(column) ?? otherwise;
}
