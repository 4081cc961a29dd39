import { LifeboatError, type ClusterId } from '@lifeboat/kernel';
import { comparePaths, pathText, type ManifestEntry, type SegmentSummary } from '@lifeboat/vault-format';
import type { ReadParts } from '../parts.ts';
import { readManifestRoot, readSegments } from './read-manifest.ts';
import { isBelow, segmentBehind, segmentOf } from './seek-segment.ts';

const SLASH = Buffer.from('/');

export interface DirectoryQuery {
  /** Below the tree's root; empty: the root. */
  readonly directory: Buffer;
  /** Name of the last child that the page before had. */
  readonly after?: Buffer | undefined;
  readonly limit: number;
}

/** What lies directly in a directory. `entry` is undefined of a directory that the manifest leaves out above others. */
export interface Child {
  readonly path: Buffer;
  readonly entry: ManifestEntry | undefined;
}

export interface DirectoryPage {
  readonly children: readonly Child[];
  /** There are more behind them. */
  readonly more: boolean;
}

/**
 * A page of a directory's children, in byte order of name. Reads the segments that the page lies in: what is before it, and
 * what is deeper, is stepped over. NOT_FOUND when the tree has no such path.
 */
export async function listDirectory(
  parts: ReadParts,
  cluster: ClusterId,
  root: Buffer,
  query: DirectoryQuery,
): Promise<DirectoryPage> {
  const { segments } = await readManifestRoot(parts, cluster, root);
  const children: Child[] = [];
  for await (const child of childrenOf(parts, cluster, segments, query)) {
    if (children.length === query.limit) return { children, more: true };
    children.push(child);
  }
  return { children, more: false };
}

async function* childrenOf(
  parts: ReadParts,
  cluster: ClusterId,
  segments: readonly SegmentSummary[],
  { directory, after }: DirectoryQuery,
): AsyncGenerator<Child> {
  let found = directory.length === 0 || after !== undefined;
  let last = after === undefined ? undefined : childPath(directory, after);
  let at = last === undefined ? segmentOf(segments, directory) : segmentBehind(segments, last);
  while (at < segments.length) {
    for (const entry of await entriesOf(parts, cluster, segments[at]!)) {
      const { path } = entry;
      if (!isBelow(path, directory)) {
        const order = comparePaths(path, directory);
        found ||= order === 0;
        if (order <= 0) continue;
        at = segments.length;
        break;
      }
      if (last !== undefined && (comparePaths(path, last) <= 0 || isBelow(path, last))) continue;
      last = ownChild(path, directory);
      found = true;
      yield { path: last, entry: last.length === path.length ? entry : undefined };
    }
    at = Math.max(at + 1, last === undefined ? 0 : segmentBehind(segments, last));
  }
  if (!found) throw new LifeboatError('NOT_FOUND', `${pathText(directory)} is not in this tree`);
}

async function entriesOf(
  parts: ReadParts,
  cluster: ClusterId,
  segment: SegmentSummary,
): Promise<Iterable<ManifestEntry>> {
  for await (const { entries } of readSegments(parts, cluster, [segment])) return entries;
  return [];
}

function childPath(directory: Buffer, name: Buffer): Buffer {
  return directory.length === 0 ? name : Buffer.concat([directory, SLASH, name]);
}

/** The child of `directory` that `path` is, or lies below. */
function ownChild(path: Buffer, directory: Buffer): Buffer {
  const begin = directory.length === 0 ? 0 : directory.length + 1;
  const end = path.indexOf(SLASH, begin);
  return end === -1 ? path : path.subarray(0, end);
}
