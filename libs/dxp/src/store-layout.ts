import type { FileView } from './file-view.ts';
import { joinPath } from './paths.ts';

export type StoreLayout = 'file-system' | 'advanced-file-system';

/** Names looked at in one folder: a library may hold a million. */
const SAMPLE = 16;
const ENOUGH = 8;
/** Folders that one look may list, whatever lies there. */
const MOST_LISTED = 256;
const LABEL = /^(?:PWC|\d+\.\d+)(?:~[^/]*)?$/;
const ADVANCED_FILE = /_(?:PWC|\d+\.\d+)(?:~[^.]*)?\.[^.]+$/;
/** Four levels of hashed folders, and the document's own. */
const DEEPEST = 5;

/**
 * How the documents below a root are laid out (DXP facts §2.1, §2.2), from a small sample. Empty when there are none;
 * both when two stores used one root.
 */
export function layoutsOnDisk(whole: FileView, root: string): ReadonlySet<StoreLayout> {
  let left = MOST_LISTED;
  const view: Listing = { list: (path) => (left-- > 0 ? whole.list(path, SAMPLE) : undefined) };
  const seen: StoreLayout[] = [];
  for (const company of folders(view, root, /^\d+$/)) {
    // Folder 0 of a company holds images and derived content, which both layouts keep alike.
    for (const repository of folders(view, company, /^[1-9]\d*$/)) {
      for (const document of folders(view, repository, /./)) {
        const layout = layoutOf(view, document, 1);
        if (layout !== undefined) seen.push(layout);
        if (seen.length === ENOUGH) return new Set(seen);
      }
    }
  }
  return new Set(seen);
}

type Listing = { list(path: string): readonly string[] | undefined };

function layoutOf(view: Listing, folder: string, depth: number): StoreLayout | undefined {
  const names = view.list(folder) ?? [];
  if (names.some((name) => LABEL.test(name))) return 'file-system';
  if (names.some((name) => ADVANCED_FILE.test(name))) return 'advanced-file-system';
  if (depth === DEEPEST) return undefined;
  for (const name of names) {
    const layout = layoutOf(view, joinPath(folder, name), depth + 1);
    if (layout !== undefined) return layout;
  }
  return undefined;
}

function folders(view: Listing, folder: string, pattern: RegExp): string[] {
  const names = (view.list(folder) ?? []).filter((name) => pattern.test(name));
  return names.map((name) => joinPath(folder, name));
}
