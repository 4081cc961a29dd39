import {
  DocumentRows,
  isExternalRepository,
  type DocumentRow,
  type ImageRow,
  type StoredContent,
} from '@lifeboat/dxp';
import type { PortalRows } from '../database-engine.ts';
import { EntryFacts } from './entry-facts.ts';

/** Tables of DXP that a dump's tap decodes, by lower-case name (names are Pascal case on MariaDB, DXP facts §3.4). */
const WANTED = new Set([
  'classname_',
  'company',
  'ctscontent',
  'dlcontent',
  'dlfileentry',
  'dlfileversion',
  'image',
  'release_',
  'repository',
]);

const FILE_TABLES = new Set(['ctscontent', 'dlcontent']);

export function isDxpTable(table: string): boolean {
  return WANTED.has(table.toLowerCase());
}

/** Its rows hold whole files, of which only the other columns are wanted. */
export function holdsFiles(table: string): boolean {
  return FILE_TABLES.has(table.toLowerCase());
}

/** A column's text by its lower-case name: null for NULL, undefined where this release has no such column. */
type Column = (name: string) => string | null | undefined;

/**
 * Gathers the rows of DXP that pass by in a dump and joins document versions, which carry no `name`, with their entries
 * (DXP facts §3.2). A publication's version prefers its own copy of the entry. Which columns there are is taken from
 * the dump itself: releases differ. Memory: about 150 bytes a document version.
 */
export class DxpRowCollector {
  readonly #entries = new EntryFacts();
  readonly #documents = new DocumentRows();
  /** Versions that passed before their entries, or have none. */
  readonly #waiting: { readonly schema: string; readonly entry: string; readonly row: DocumentRow }[] = [];
  readonly #images: ImageRow[] = [];
  readonly #contents: KeptContent[] = [];
  readonly #storeContents: KeptContent[] = [];
  readonly #companies = new Set<string>();
  readonly #repositories: { readonly schema: string; readonly id: string; readonly classNameId: string }[] =
    [];
  readonly #classNames = new Map<string, string>();
  #buildNumber: string | null = null;
  #schemaVersion: string | null = null;
  #columns: readonly string[] = [];
  #at: ReadonlyMap<string, number> = new Map();

  /** @param columns lower-case names; the same array for all rows of a table, which are read quicker then */
  add(schema: string, table: string, columns: readonly string[], values: readonly (string | null)[]): void {
    if (this.#columns !== columns) {
      this.#columns = columns;
      this.#at = new Map(columns.map((name, at) => [name, at]));
    }
    const at = this.#at;
    const column: Column = (name) => {
      const position = at.get(name);
      return position === undefined ? undefined : values[position];
    };
    switch (table.toLowerCase()) {
      case 'dlfileentry':
        this.#entries.add(
          schema,
          column('fileentryid') ?? '',
          column('ctcollectionid') ?? '0',
          column('name') ?? '',
          column('title') ?? '',
        );
        return;
      case 'dlfileversion':
        this.#addVersion(schema, column);
        return;
      case 'image':
        this.#images.push(imageOf(column));
        return;
      case 'ctscontent':
        this.#contents.push(contentOf(column));
        return;
      case 'dlcontent':
        this.#storeContents.push(contentOf(column));
        return;
      case 'company':
        this.#companies.add(column('companyid') ?? '0');
        return;
      case 'repository':
        this.#repositories.push({
          schema,
          id: column('repositoryid') ?? '',
          classNameId: column('classnameid') ?? '',
        });
        return;
      case 'classname_':
        this.#classNames.set(`${schema}/${column('classnameid') ?? ''}`, column('value') ?? '');
        return;
      case 'release_':
        if (column('servletcontextname') !== 'portal') return;
        this.#buildNumber ??= column('buildnumber') ?? null;
        this.#schemaVersion ??= column('schemaversion') ?? null;
    }
  }

  /** @param largeObjects PostgreSQL: bytes of each that the dump holds, by oid */
  finish(largeObjects?: ReadonlyMap<number, number>): PortalRows {
    for (const { schema, entry, row } of this.#waiting.splice(0)) {
      const facts = this.#entries.find(schema, entry, row.ctCollectionId);
      this.#documents.add({ ...row, ...facts });
    }
    return {
      documents: this.#documents,
      images: this.#images,
      contents: this.#contents.map((kept) => storedContent(kept, largeObjects)),
      storeContents: this.#storeContents.map((kept) => storedContent(kept, largeObjects)),
      companies: [...this.#companies],
      externalRepositories: this.#repositories
        .filter(({ schema, classNameId }) =>
          isExternalRepository(this.#classNames.get(`${schema}/${classNameId}`)),
        )
        .map(({ id }) => id),
      release: { buildNumber: this.#buildNumber, schemaVersion: this.#schemaVersion },
    };
  }

  #addVersion(schema: string, column: Column): void {
    const entry = column('fileentryid') ?? '';
    const facts = this.#entries.find(schema, entry, column('ctcollectionid') ?? '0');
    const row = documentOf(column, facts?.name ?? '', facts?.title ?? '');
    if (facts === undefined) this.#waiting.push({ schema, entry, row });
    else this.#documents.add(row);
  }
}

/** A version row whose entry is gone keeps an empty name: it is reported as missing, never dropped. */
function documentOf(column: Column, name: string, title: string): DocumentRow {
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

function imageOf(column: Column): ImageRow {
  return {
    imageId: column('imageid') ?? '0',
    type: column('type_') ?? '',
    companyId: column('companyid') ?? '0',
    size: Number(column('size_') ?? '0'),
    ctCollectionId: column('ctcollectionid') ?? '0',
  };
}

/** A content, and the oid of its large object where its bytes are one. */
interface KeptContent {
  readonly content: StoredContent;
  readonly oid: number;
}

function contentOf(column: Column): KeptContent {
  const data = column('data_');
  const content = {
    ctCollectionId: column('ctcollectionid') ?? '0',
    companyId: column('companyid') ?? '0',
    repositoryId: column('repositoryid') ?? '0',
    path: column('path_') ?? '',
    version: column('version') ?? '',
    size: data === null ? -1 : Number(column('size_') ?? '0'),
  };
  return { content, oid: Number(data) };
}

/** A row may name a large object that is gone: then its bytes are, whatever its size says (DXP facts §5.2). */
function storedContent(
  { content, oid }: KeptContent,
  largeObjects: ReadonlyMap<number, number> | undefined,
): StoredContent {
  if (largeObjects === undefined || content.size < 0) return content;
  return { ...content, size: largeObjects.get(oid) ?? -1 };
}
