import type { MissingDocument, WrongSizeDocument } from '@lifeboat/model';
import type { DocumentRow } from './document-row.ts';
import type { ImageRow } from './image-row.ts';
import type { StoredContent } from './stored-content.ts';
import { isDerived, isStoreFurniture } from './derived-content.ts';
import { expectedImagePaths, expectedPaths, type StoreLayout } from './expected-paths.ts';
import { PublicationContents } from './publication-contents.ts';

/** What is known of a document store's files; paths are relative to its root, '/'-separated. */
export interface StoreIndex {
  /**
   * Bytes of the file at `path`; undefined when there is none. An index that knows several copies of a path (a file
   * written anew while a set was taken) answers with the one of `wanted` bytes, if there is one.
   */
  size(path: string, wanted: number): number | undefined;
  /** Files at `path` but for its second level, the folder: for rows caught while their document moved. */
  inAnyFolder?(path: string): readonly { path: string; size: number }[];
}

/** Paths of the store that rows refer to, each with the bytes of the copy that was chosen for it. A Map is one. */
export interface References {
  set(path: string, size: number): unknown;
  has(path: string): boolean;
  get(path: string): number | undefined;
  [Symbol.iterator](): Iterator<readonly [path: string, size: number]>;
}

export interface ResolveOptions {
  /** `plain` when left out. */
  readonly layout?: StoreLayout;
  /** Every file of the store, to count those no row refers to. */
  readonly files?: Iterable<string>;
  /** What publications keep in the database; when left out, a publication's row without a file is taken to be there. */
  readonly contents?: Iterable<StoredContent>;
  /** Ids of repositories whose bytes are not the portal's own. */
  readonly externalRepositories?: Iterable<string>;
  /** Where to note what rows refer to; a Map when left out. */
  readonly referenced?: References;
}

/** Rows against bytes: the proof behind a consistency statement (design: taking a set; DXP facts §9). */
export interface Resolution {
  /** Rows whose bytes belong in the store: resolved + resolvedByMove + missing + sizeMismatch + outsideStore. */
  rows: number;
  resolved: number;
  resolvedByMove: number;
  /** Bytes found elsewhere than the row says: a restore puts them at `expectedPath`. */
  readonly moves: { readonly expectedPath: string; readonly path: string }[];
  /** Expected paths of rows for which several files would do. */
  readonly ambiguous: string[];
  /** Rows of publications without a file: their bytes are in the database. */
  inPublication: number;
  /** Rows without a file whose bytes a repository outside the portal keeps. */
  inExternalRepository: number;
  readonly missing: MissingDocument[];
  readonly sizeMismatch: WrongSizeDocument[];
  /** Rows whose path would lead out of the store: nothing is looked for there. */
  readonly outsideStore: MissingDocument[];
  readonly images: {
    rows: number;
    resolved: number;
    inPublication: number;
    readonly missing: string[];
    readonly sizeMismatch: string[];
  };
  readonly referenced: References;
  /** Files that no row refers to and that are not derived content; 0 when `files` was not given. */
  orphanFiles: number;
  /** Files that the portal makes again by itself. */
  readonly derived: { files: number; bytes: number };
}

export function resolveDocuments(
  rows: Iterable<DocumentRow>,
  images: Iterable<ImageRow>,
  index: StoreIndex,
  options: ResolveOptions = {},
): Resolution {
  const resolution: Resolution = {
    rows: 0,
    resolved: 0,
    resolvedByMove: 0,
    moves: [],
    ambiguous: [],
    inPublication: 0,
    inExternalRepository: 0,
    missing: [],
    sizeMismatch: [],
    outsideStore: [],
    images: { rows: 0, resolved: 0, inPublication: 0, missing: [], sizeMismatch: [] },
    referenced: options.referenced ?? new Map<string, number>(),
    orphanFiles: 0,
    derived: { files: 0, bytes: 0 },
  };
  const { layout } = options;
  const known: Known = {
    index,
    contents: options.contents && new PublicationContents(options.contents),
    externalRepositories: new Set(options.externalRepositories),
  };
  for (const row of rows) resolveDocument(row, expectedPaths(row, layout), known, resolution);
  for (const image of images) resolveImage(image, expectedImagePaths(image, layout), known, resolution);
  for (const path of options.files ?? []) countFile(path, index, resolution);
  return resolution;
}

/** The bytes of a row lie where it says: what nearly every row of a store comes to, and the quickest to say. */
export function isInPlace(row: DocumentRow, index: StoreIndex, layout?: StoreLayout): boolean {
  return placeOf(row, expectedPaths(row, layout), index) !== undefined;
}

/** Whether a path that was made from a row stays below the store's root: rows come from outside. */
export function isInsideStore(path: string): boolean {
  return !UNSAFE_PART.test(path);
}

/** A part that is empty, '.' or '..', or a character that no path can hold. */
const UNSAFE_PART = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;

interface Known {
  readonly index: StoreIndex;
  readonly contents: PublicationContents | undefined;
  readonly externalRepositories: ReadonlySet<string>;
}

function placeOf(row: DocumentRow, paths: readonly string[], index: StoreIndex): string | undefined {
  if (!paths.every(isInsideStore)) return undefined;
  return paths.find((path) => index.size(path, row.size) === row.size);
}

function resolveDocument(
  row: DocumentRow,
  paths: readonly string[],
  known: Known,
  resolution: Resolution,
): void {
  const match = placeOf(row, paths, known.index);
  if (match !== undefined) {
    resolution.rows++;
    resolution.resolved++;
    resolution.referenced.set(match, row.size);
  } else if (isInDatabase(row, paths, known)) resolution.inPublication++;
  else if (known.externalRepositories.has(row.repositoryId)) resolution.inExternalRepository++;
  else {
    resolution.rows++;
    if (paths.every(isInsideStore)) resolveElsewhere(row, paths, known, resolution);
    else resolution.outsideStore.push(describe(row, paths[0]!));
  }
}

/** A row of a publication, with its bytes in the database (DXP facts §2.9). */
function isInDatabase(
  { ctCollectionId, size }: Pick<DocumentRow, 'ctCollectionId' | 'size'>,
  paths: readonly string[],
  { contents }: Known,
): boolean {
  if (ctCollectionId === '0') return false;
  return contents === undefined || paths.some((path) => contents.size(ctCollectionId, path) === size);
}

/** A row whose bytes are not where it says: they lie elsewhere, are others, or are gone. */
function resolveElsewhere(
  row: DocumentRow,
  paths: readonly string[],
  { index, contents }: Known,
  resolution: Resolution,
): void {
  const expectedPath = paths[0]!;
  const moved = findMoved(row, paths, index);
  if (moved[0] !== undefined) {
    resolution.resolvedByMove++;
    resolution.moves.push({ expectedPath, path: moved[0] });
    if (moved.length > 1) resolution.ambiguous.push(expectedPath);
    // A file of the wrong size at the expected path makes way for the moved bytes, so it is not referenced.
    for (const path of moved) resolution.referenced.set(path, row.size);
    return;
  }
  for (const path of paths) {
    const inStore = index.size(path, row.size);
    const actualSize = inStore ?? contents?.size(row.ctCollectionId, path);
    if (actualSize === undefined) continue;
    // Wrong bytes are still the only bytes there are of this row: they are kept, and reported.
    if (inStore !== undefined) resolution.referenced.set(path, inStore);
    resolution.sizeMismatch.push({ ...describe(row, path), actualSize });
    return;
  }
  resolution.missing.push(describe(row, expectedPath));
}

/** Paths of the same size under the same name and label, whatever folder they are in; the best label first. */
function findMoved(row: DocumentRow, paths: readonly string[], index: StoreIndex): string[] {
  for (const path of paths) {
    const matches = index.inAnyFolder?.(path).filter((file) => file.size === row.size) ?? [];
    if (matches.length > 0) return matches.map((file) => file.path);
  }
  return [];
}

function resolveImage(
  image: ImageRow,
  paths: readonly string[],
  known: Known,
  { images, referenced }: Resolution,
): void {
  const { index } = known;
  if (!paths.every(isInsideStore)) {
    images.rows++;
    images.missing.push(tellable(paths[0]!));
    return;
  }
  const match = paths.find((path) => index.size(path, image.size) === image.size);
  if (match === undefined && isInDatabase(image, paths, known)) {
    images.inPublication++;
    return;
  }
  images.rows++;
  if (match !== undefined) {
    images.resolved++;
    referenced.set(match, image.size);
    return;
  }
  const found = paths.find((path) => index.size(path, image.size) !== undefined);
  if (found === undefined) images.missing.push(paths[0]!);
  else {
    referenced.set(found, index.size(found, image.size)!);
    images.sizeMismatch.push(found);
  }
}

function countFile(path: string, index: StoreIndex, resolution: Resolution): void {
  if (isStoreFurniture(path)) return;
  if (isDerived(path)) {
    resolution.derived.files++;
    resolution.derived.bytes += index.size(path, 0) ?? 0;
  } else if (!resolution.referenced.has(path)) resolution.orphanFiles++;
}

function describe(row: DocumentRow, path: string): MissingDocument {
  const { companyId, groupId, folderId, name, version, title, size, status } = row;
  const expectedPath = tellable(path);
  return { companyId, groupId, folderId, name, version, title, expectedPath, size, status };
}

/** A catalog keeps no NUL in a text. */
function tellable(path: string): string {
  return path.replaceAll('\0', '\ufffd');
}
