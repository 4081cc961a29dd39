const SLASH = 0x2f;

/**
 * Order of paths: byte order, component by component ('/' before every other byte), so that a directory is
 * followed by all that is below it. The root, the empty path, is first.
 */
export function comparePaths(a: Uint8Array, b: Uint8Array): number {
  return comparePathsFrom(a, b, sharedPrefix(a, b));
}

/** How many bytes both begin with. */
export function sharedPrefix(a: Uint8Array, b: Uint8Array): number {
  const limit = Math.min(a.length, b.length);
  let at = 0;
  while (at < limit && a[at] === b[at]) at++;
  return at;
}

/** comparePaths of two paths that differ first (if at all) at byte `at`. */
export function comparePathsFrom(a: Uint8Array, b: Uint8Array, at: number): number {
  if (at === a.length || at === b.length) return a.length - b.length;
  const x = a[at]!;
  const y = b[at]!;
  return (x === SLASH ? -1 : x) - (y === SLASH ? -1 : y);
}
