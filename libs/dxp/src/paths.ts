/** POSIX paths without node:path: the portal's machines are POSIX, and this library is pure. */
export function joinPath(...parts: string[]): string {
  return parts
    .join('/')
    .replace(/\/{2,}/g, '/')
    .replace(/(.)\/$/, '$1');
}

export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/');
}

/** Absolute, without '.', '..' and doubled slashes; a relative path is taken from `base`. */
export function resolvePath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (isAbsolutePath(path) ? path : `${base}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function parentPath(path: string): string {
  return resolvePath(path, '..');
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `path` relative to `root` ('' for the root itself); undefined when it lies elsewhere. */
export function relativePath(root: string, path: string): string | undefined {
  if (path === root) return '';
  const prefix = root === '/' ? '/' : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}
