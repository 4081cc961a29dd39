import { comparePaths, SegmentBuilder, type ManifestEntry } from '@lifeboat/vault-format';

/** Manifest entries for tests: what they are is told by path and size, all else is the same everywhere. */
const SAME = { mode: 0o644, uid: 1000, gid: 1000, mtimeNs: 1n, ctimeNs: 1n, inode: 1n, content: [] } as const;

/** `content` tells copies of equal size apart: it stands in the entry as its only chunk. */
export function file(path: string | Buffer, size: number, content = 'round'): ManifestEntry {
  const chunk = Buffer.alloc(33, content);
  return { ...SAME, path: Buffer.from(path), type: 'file', size, content: [{ chunk, length: size }] };
}

export function folder(path: string): ManifestEntry {
  return { ...SAME, path: Buffer.from(path), type: 'directory', mode: 0o750, size: 0, content: [] };
}

/** A whole tree in path order: the files, and every folder that leads to one. */
export function treeOf(files: readonly ManifestEntry[]): ManifestEntry[] {
  const entries = new Map(files.map((entry) => [entry.path.toString('latin1'), entry]));
  for (const { path } of files) {
    const parts = path.toString('latin1').split('/');
    for (let length = 0; length < parts.length; length += 1) {
      const above = parts.slice(0, length).join('/');
      if (!entries.has(above)) entries.set(above, { ...folder(''), path: Buffer.from(above, 'latin1') });
    }
  }
  return [...entries.values()].sort((a, b) => comparePaths(a.path, b.path));
}

/** A manifest's segments of these entries, in path order. */
export async function* segments(entries: Iterable<ManifestEntry>): AsyncGenerator<Buffer> {
  const builder = new SegmentBuilder();
  for (const entry of [...entries].sort((a, b) => comparePaths(a.path, b.path))) {
    const finished = builder.push(entry);
    if (finished !== undefined) yield finished;
  }
  const last = builder.finish();
  if (last !== undefined) yield last;
}

export async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
