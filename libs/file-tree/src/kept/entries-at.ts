import type { ManifestEntry } from '@lifeboat/vault-format';
import type { BytePath } from '../byte-path.ts';
import { isWithin } from '../safe-path.ts';

/** Of entries in path order those of these paths, with all below each. */
export async function* entriesAt(
  entries: Iterable<ManifestEntry>,
  paths: readonly BytePath[],
): AsyncGenerator<ManifestEntry> {
  const wanted = new Set(paths);
  let root: BytePath | undefined;
  for (const entry of entries) {
    const path = entry.path.toString('latin1');
    if (wanted.has(path)) root = path;
    if (root !== undefined && isWithin(path, root)) yield entry;
  }
}
