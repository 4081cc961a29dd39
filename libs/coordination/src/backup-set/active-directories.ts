import type { ManifestEntry } from '@lifeboat/vault-format';

/** As many as an agent watches beside the store's upper levels; the rest is left to the round and to look-ups. */
const MOST = 1500;

/**
 * The directories of a store in which something happened last, the latest first, relative paths. What was checked
 * out a minute ago is checked in soon: these are the ones to watch while files are held.
 */
export async function activeDirectories(entries: AsyncIterable<ManifestEntry>): Promise<string[]> {
  let latest: { path: string; mtimeNs: bigint }[] = [];
  for await (const { type, path, mtimeNs } of entries) {
    if (type !== 'directory' || path.length === 0) continue;
    latest.push({ path: path.toString('utf8'), mtimeNs });
    if (latest.length >= 4 * MOST) latest = newest(latest);
  }
  return newest(latest).map(({ path }) => path);
}

function newest<Directory extends { mtimeNs: bigint }>(directories: Directory[]): Directory[] {
  return directories
    .sort((a, b) => (a.mtimeNs < b.mtimeNs ? 1 : a.mtimeNs > b.mtimeNs ? -1 : 0))
    .slice(0, MOST);
}
