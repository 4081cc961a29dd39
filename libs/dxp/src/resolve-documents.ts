import type { MissingDocument } from '@lifeboat/model';
import type { DocumentRow } from './document-row.ts';
import type { ImageRow } from './image-row.ts';
import { isDerived, isStoreFurniture } from './derived-content.ts';
import { expectedImagePaths, expectedPaths, type StoreLayout } from './expected-paths.ts';

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

export interface ResolveOptions {
  /** `plain` when left out. */
  readonly layout?: StoreLayout;
  /** Every file of the store, to count those no row refers to. */
  readonly files?: Iterable<string>;
}

/** Rows against bytes: the proof behind a consistency statement (design: taking a set; DXP facts §9). */
export interface Resolution {
  /** Rows whose bytes belong in the store: resolved + resolvedByMove + missing + sizeMismatch. */
  rows: number;
  resolved: number;
  resolvedByMove: number;
  /** Bytes found elsewhere than the row says: a restore puts them at `expectedPath`. */
  readonly moves: { readonly expectedPath: string; readonly path: string }[];
  /** Expected paths of rows for which several files would do. */
  readonly ambiguous: string[];
  /** Rows of publications without a file: their bytes are in the database. */
  inPublication: number;
  readonly missing: MissingDocument[];
  readonly sizeMismatch: MissingDocument[];
  readonly images: { rows: number; resolved: number; readonly missing: string[] };
  /** Paths of the store that a row refers to, each with the bytes of the copy that was chosen for it. */
  readonly referenced: Map<string, number>;
  /** Files that no row refers to and that are not derived content; 0 when `files` was not given. */
  orphanFiles: number;
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
    missing: [],
    sizeMismatch: [],
    images: { rows: 0, resolved: 0, missing: [] },
    referenced: new Map(),
    orphanFiles: 0,
  };
  const { layout } = options;
  for (const row of rows) resolveDocument(row, expectedPaths(row, layout), index, resolution);
  for (const image of images) resolveImage(image, expectedImagePaths(image, layout), index, resolution);
  for (const path of options.files ?? []) {
    if (!resolution.referenced.has(path) && !isDerived(path) && !isStoreFurniture(path))
      resolution.orphanFiles++;
  }
  return resolution;
}

/** The bytes of a row lie where it says: what nearly every row of a store comes to, and the quickest to say. */
export function isInPlace(row: DocumentRow, index: StoreIndex, layout?: StoreLayout): boolean {
  return placeOf(row, expectedPaths(row, layout), index) !== undefined;
}

function placeOf(row: DocumentRow, paths: readonly string[], index: StoreIndex): string | undefined {
  if (!paths.every(isInsideStore)) return undefined;
  return paths.find((path) => index.size(path, row.size) === row.size);
}

function resolveDocument(row: DocumentRow, paths: string[], index: StoreIndex, resolution: Resolution): void {
  const match = placeOf(row, paths, index);
  if (match !== undefined) {
    resolution.rows++;
    resolution.resolved++;
    resolution.referenced.set(match, row.size);
    return;
  }
  if (row.ctCollectionId !== '0') {
    resolution.inPublication++;
    return;
  }
  resolution.rows++;
  const safe = paths.every(isInsideStore);
  const found = safe ? paths.filter((path) => index.size(path, row.size) !== undefined) : [];
  const moved = safe ? findMoved(row, paths, index) : [];
  const expectedPath = paths[0]!;
  if (moved[0] !== undefined) {
    resolution.resolvedByMove++;
    resolution.moves.push({ expectedPath, path: moved[0] });
    if (moved.length > 1) resolution.ambiguous.push(expectedPath);
    // A file of the wrong size at the expected path makes way for the moved bytes, so it is not referenced.
    for (const path of moved) resolution.referenced.set(path, row.size);
    return;
  }
  if (found[0] === undefined) {
    resolution.missing.push(describe(row, expectedPath));
    return;
  }
  // Wrong bytes are still the only bytes there are of this row: they are kept, and reported.
  resolution.referenced.set(found[0], index.size(found[0], row.size)!);
  resolution.sizeMismatch.push(describe(row, found[0]));
}

const UNSAFE_PART = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** Rows come from outside: a name with '..' or an empty part never becomes a path, it is reported as missing. */
function isInsideStore(path: string): boolean {
  return !UNSAFE_PART.test(path);
}

/** Paths of the same size under the same name and label, whatever folder they are in; the best label first. */
function findMoved(row: DocumentRow, paths: readonly string[], index: StoreIndex): string[] {
  for (const path of paths) {
    const matches = index.inAnyFolder?.(path).filter((file) => file.size === row.size) ?? [];
    if (matches.length > 0) return matches.map((file) => file.path);
  }
  return [];
}

function resolveImage(image: ImageRow, paths: string[], index: StoreIndex, resolution: Resolution): void {
  resolution.images.rows++;
  if (!paths.every(isInsideStore)) {
    resolution.images.missing.push(paths[0]!);
    return;
  }
  const match = paths.find((path) => index.size(path, image.size) === image.size);
  if (match !== undefined) {
    resolution.images.resolved++;
    resolution.referenced.set(match, image.size);
    return;
  }
  const found = paths.find((path) => index.size(path, image.size) !== undefined);
  if (found !== undefined) resolution.referenced.set(found, index.size(found, image.size)!);
  resolution.images.missing.push(paths[0]!);
}

function describe(row: DocumentRow, expectedPath: string): MissingDocument {
  const { companyId, groupId, folderId, name, version, title, size, status } = row;
  return { companyId, groupId, folderId, name, version, title, expectedPath, size, status };
}
