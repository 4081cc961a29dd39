/**
 * Without repetitions and without what lies below another. systemd makes a mount of each writable path, and
 * nothing can be renamed from one mount into another, which a restore must be able to do within a root.
 */
export function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}
