/** Where a store on a file system puts documents, relative to its root. */
export interface StorePlaces {
  /** A version's file. */
  file(path: string): string;
  /** The folder of a document's versions. */
  folder(path: string): string;
}

export const PLAIN_PLACES: StorePlaces = { file: (path) => path, folder: (path) => path };

/**
 * AdvancedFileSystemStore (DXP facts §2.2), written from its description and not from Lifeboat's code, so that a
 * mistake there cannot hide here.
 */
export const ADVANCED_PLACES: StorePlaces = {
  file: (path) => {
    const at = path.lastIndexOf('/');
    const { folder, base, extension } = hashed(path.slice(0, at));
    // The note in the store's root is no document's.
    return at < 0 ? path : `${folder}/${base}_${path.slice(at + 1)}.${extension}`;
  },
  folder: (path) => hashed(path).folder,
};

function hashed(path: string): { folder: string; base: string; extension: string } {
  const [company, repository, ...rest] = path.split('/');
  const name = rest.join('/');
  const [, stem = name, suffix] = /^(.+)\.([^./]*)$/.exec(rest.at(-1) ?? '') ?? [undefined, rest.at(-1)];
  const extension = suffix === undefined || suffix === '' ? 'afsh' : suffix.toLowerCase();
  if (rest.length > 1) return { folder: path, base: stem, extension };
  const pairs = (stem.match(/../g) ?? []).slice(0, Math.min(4, Math.ceil(stem.length / 2) - 1));
  return { folder: [company, repository, ...pairs, `${stem}.${extension}`].join('/'), base: stem, extension };
}
