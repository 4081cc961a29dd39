import { comparePaths, type SegmentSummary } from '@lifeboat/vault-format';

const SLASH = 0x2f;

/** Is `path` below this directory? The empty path is the tree's root. */
export function isBelow(path: Buffer, directory: Buffer): boolean {
  if (directory.length === 0) return path.length > 0;
  return (
    path.length > directory.length &&
    path[directory.length] === SLASH &&
    path.compare(directory, 0, directory.length, 0, directory.length) === 0
  );
}

/** Place of the segment that holds `path`, if the manifest does, and what follows it. 0 for what lies before all. */
export function segmentOf(segments: readonly SegmentSummary[], path: Buffer): number {
  return lastOf(segments, (firstPath) => comparePaths(firstPath, path) <= 0);
}

/** The same for what follows all that is below `path`. */
export function segmentBehind(segments: readonly SegmentSummary[], path: Buffer): number {
  return lastOf(segments, (firstPath) => comparePaths(firstPath, path) <= 0 || isBelow(firstPath, path));
}

/** The last segment for which this holds, which is true of the first ones and then false. */
function lastOf(segments: readonly SegmentSummary[], holds: (firstPath: Buffer) => boolean): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(segments[middle]!.firstPath)) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
