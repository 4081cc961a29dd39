const NO_EXTENSION = 'afsh';
const OLD_PREFIX = 'DLFE-';
const MAX_LEVELS = 4;

/**
 * Where AdvancedFileSystemStore keeps a version's bytes, below `<company>/<folder or site>/` (DXP facts §2.2):
 * folders of two characters each, then `<base>.<extension>/<base>_<label>.<extension>`. A name with a slash is not
 * hashed: it is a folder as it stands.
 */
export function advancedFilePath(name: string, label: string): string {
  const extension = extensionOf(name) || NO_EXTENSION;
  const slash = name.lastIndexOf('/');
  if (slash >= 0) return `${name}/${withoutExtension(name.slice(slash + 1))}_${label}.${extension}`;
  const stem = withoutExtension(name);
  const isOld = stem.startsWith(OLD_PREFIX);
  const base = isOld ? stem.slice(OLD_PREFIX.length) : stem;
  return `${hashFolders(base, isOld)}${base}.${extension}/${base}_${label}.${extension}`;
}

/** In lower case, as the portal takes it; a leading dot begins none. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

function withoutExtension(name: string): string {
  const { length } = extensionOf(name);
  return length > 0 ? name.slice(0, -length - 1) : name;
}

/** Pairs of characters as folders, as long as something remains after the pair. */
function hashFolders(base: string, isOld: boolean): string {
  const folders = isOld ? ['DLFE'] : [];
  for (let at = 0; at + 2 < base.length && folders.length < MAX_LEVELS; at += 2)
    folders.push(base.slice(at, at + 2));
  return folders.map((folder) => `${folder}/`).join('');
}
