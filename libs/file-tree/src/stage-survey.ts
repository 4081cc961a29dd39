import type { ManifestEntry } from '@lifeboat/vault-format';
import { SafeDescent, SafeDirectory } from './safe-directory.ts';
import { SafeEntries } from './safe-entries.ts';
import { baseName, isWithin, parentPath } from './safe-path.ts';
import { systemCodeOf } from '@lifeboat/kernel';
import type { BytePath } from './byte-path.ts';
import { Pace } from './stage-pace.ts';

export interface Survey {
  entries: number;
  bytesTotal: number;
  bytesToFetch: number;
  bytesSeeded: number;
  filesReplaced: number;
}

/** Beyond this many distinct chunks a repeated one is counted again: the count must not cost unbounded memory. */
const MAX_REMEMBERED = 2_000_000;

/**
 * What staging a tree would take, by looking at sizes and times only (a live file that looks like the set's is taken
 * for a seed; staging itself trusts nothing but the bytes). Touches nothing.
 */
export async function surveyTree(
  root: BytePath,
  entries: AsyncIterable<ManifestEntry>,
  options: { excludes: readonly BytePath[]; cleared: readonly BytePath[]; signal?: AbortSignal | undefined },
): Promise<Survey> {
  const survey: Survey = { entries: 0, bytesTotal: 0, bytesToFetch: 0, bytesSeeded: 0, filesReplaced: 0 };
  const gate = new SafeEntries();
  const wanted = new Set<string>();
  const pace = new Pace(options.signal);
  const live = openIfThere(root);
  const descent = live === undefined ? undefined : new SafeDescent(live);
  const links = new Set<bigint>();
  try {
    for await (const unchecked of entries) {
      await pace.breathe();
      const { path, entry } = gate.check(unchecked);
      if (isLeftOut(path, options)) continue;
      survey.entries += 1;
      if (entry.type !== 'file') continue;
      if (entry.linkGroup !== undefined) {
        if (links.has(entry.linkGroup)) continue;
        links.add(entry.linkGroup);
      }
      survey.bytesTotal += entry.size;
      const stat = descent?.find(parentPath(path))?.lstat(baseName(path));
      if (stat?.isFile() === true && looksLike(stat, entry)) {
        survey.bytesSeeded += entry.size;
        continue;
      }
      survey.filesReplaced += 1;
      for (const part of entry.content) {
        if ('hole' in part) continue;
        const key = part.chunk.toString('latin1', 1, 17);
        if (wanted.has(key)) continue;
        if (wanted.size < MAX_REMEMBERED) wanted.add(key);
        survey.bytesToFetch += part.length;
      }
    }
  } finally {
    descent?.close();
    live?.close();
  }
  return survey;
}

export function looksLike(stat: { size: bigint; mtimeNs: bigint }, entry: ManifestEntry): boolean {
  return stat.size === BigInt(entry.size) && stat.mtimeNs === entry.mtimeNs;
}

/** Excluded paths are another source's; what is below a cleared directory is not wanted back. */
export function isLeftOut(
  path: BytePath,
  options: { excludes: readonly BytePath[]; cleared: readonly BytePath[] },
): boolean {
  if (options.excludes.some((excluded) => isWithin(path, excluded))) return true;
  return options.cleared.some((cleared) => path !== cleared && isWithin(path, cleared));
}

function openIfThere(root: BytePath): SafeDirectory | undefined {
  try {
    return SafeDirectory.open(root);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
