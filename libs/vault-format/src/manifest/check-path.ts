const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * What is wrong with an entry's path (or undefined): it must be relative, without empty, "." or ".." components
 * and without NUL, so that joined to a root it stays below it. Components that end before `from` were checked.
 */
export function pathFault(path: Uint8Array, from = 0): string | undefined {
  const length = path.length;
  if (length === 0) return undefined;
  let start = from;
  while (start > 0 && path[start - 1] !== SLASH) start--;
  let onlyDots = true;
  for (let at = start; at <= length; at++) {
    const byte = at < length ? path[at]! : SLASH;
    if (byte === SLASH) {
      const component = at - start;
      if (component === 0) return 'path has an empty component';
      if (onlyDots && component <= 2) return 'path has a dot component';
      start = at + 1;
      onlyDots = true;
    } else if (byte === 0) {
      return 'path has a NUL byte';
    } else if (byte !== DOT) {
      onlyDots = false;
    }
  }
  return undefined;
}
