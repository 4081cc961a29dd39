const DERIVED_FOLDERS = ['document_thumbnail', 'document_preview', 'adaptive'];

/** A version's label with `.index`, which the advanced layout puts between `<base>_` and the extension. */
const EXTRACTED_TEXT = /\.index$|_[^/_]+\.index\.[^/]+$/;

/**
 * Content of a document store that no row refers to and that the portal makes again by itself (DXP facts §2.5,
 * §2.7): thumbnails, previews, adaptive media and cached extracted text, in either layout.
 */
export function isDerived(path: string): boolean {
  if (EXTRACTED_TEXT.test(path)) return true;
  const [, repository, folder] = path.split('/', 3);
  return repository === '0' && folder !== undefined && DERIVED_FOLDERS.includes(folder);
}

/**
 * The folders of these companies that hold nothing but derived content, relative to the store's root. Cached text
 * lies beside the documents and is in none of them.
 */
export function derivedFolders(companies: Iterable<string>): string[] {
  return [...companies]
    .flatMap((company) => DERIVED_FOLDERS.map((folder) => `${company}/0/${folder}`))
    .sort();
}

/** What lies in a store's root without being content: the portal's own note (DXP facts §2.1) and Lifeboat's hold. */
export function isStoreFurniture(path: string): boolean {
  return path === 'README.txt' || path === '.lifeboat' || path.startsWith('.lifeboat/');
}
