import type { DocumentRow } from './document-row.ts';
import { dataRepositoryId } from './expected-paths.ts';

const NO_EXTENSION = '.afsh';
const MAX_LEVELS = 4;

/**
 * Where AdvancedFileSystemStore keeps a version's bytes, relative to the store's root, the best candidate first
 * (DXP facts §2.2): the two levels of FileSystemStore, then folders of two characters each, then
 * `<name><ext>/<name>_<label><ext>`.
 */
export function expectedAdvancedPaths(row: DocumentRow): string[] {
  const root = `${row.companyId}/${dataRepositoryId(row)}`;
  const labels = row.storeUUID === '' ? [row.version] : [`${row.version}~${row.storeUUID}`, row.version];
  return labels.map((label) => `${root}/${advancedFilePath(row.name, label)}`);
}

/** The part of the path below `<company>/<folder or site>/`. */
export function advancedFilePath(name: string, label: string): string {
  const slash = name.lastIndexOf('/');
  const parent = name.slice(0, slash + 1);
  const last = name.slice(slash + 1);
  const dot = last.lastIndexOf('.');
  const base = dot < 0 ? last : last.slice(0, dot);
  const extension = dot < 0 ? NO_EXTENSION : last.slice(dot);
  const folders = parent === '' ? hashFolders(base) : parent;
  return `${folders}${base}${extension}/${base}_${label}${extension}`;
}

/** Pairs of characters as folders, as long as something remains after the pair. */
function hashFolders(base: string): string {
  const old = base.startsWith('DLFE-');
  const rest = old ? base.slice('DLFE-'.length) : base;
  const folders = old ? ['DLFE'] : [];
  for (let at = 0; at + 2 < rest.length && folders.length < MAX_LEVELS; at += 2)
    folders.push(rest.slice(at, at + 2));
  return folders.map((folder) => `${folder}/`).join('');
}
