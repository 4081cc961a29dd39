import type { ClusterId } from '@lifeboat/kernel';
import { comparePaths, type ManifestEntry, type SegmentSummary } from '@lifeboat/vault-format';
import type { ReadParts } from '../parts.ts';
import { diffEntries, type Aspect } from './diff-entries.ts';
import { readManifestRoot, readSegments } from './read-manifest.ts';
import { segmentOf } from './seek-segment.ts';

/** So many paths without a difference are told of together. */
const SAME_AT_ONCE = 4096;

/** What became of one path. `same`: up to here nothing, since the last difference. */
export type Difference =
  | { readonly change: 'added'; readonly path: Buffer; readonly after: ManifestEntry }
  | { readonly change: 'removed'; readonly path: Buffer; readonly before: ManifestEntry }
  | {
      readonly change: 'changed';
      readonly path: Buffer;
      readonly before: ManifestEntry;
      readonly after: ManifestEntry;
      readonly aspects: readonly Aspect[];
    }
  | { readonly change: 'same'; readonly path: Buffer };

/**
 * How the tree of `before` became that of `after` (manifest roots of one cluster), in path order, behind the path `from`.
 * Segments that both have are not read: a path stands in one segment of a tree, so such a segment has no part in any
 * difference. Holds both roots and some segments.
 */
export async function* diffManifests(
  parts: ReadParts,
  cluster: ClusterId,
  { before, after, from }: { before: Buffer; after: Buffer; from?: Buffer | undefined },
): AsyncGenerator<Difference> {
  if (before.equals(after)) return;
  const [old, young] = [
    (await readManifestRoot(parts, cluster, before)).segments,
    (await readManifestRoot(parts, cluster, after)).segments,
  ];
  const cursorOf = async (segments: SegmentSummary[], others: SegmentSummary[]): Promise<EntryCursor> =>
    EntryCursor.at(parts, cluster, onlyIn(segments, others), from);
  const [gone, come] = [await cursorOf(old, young), await cursorOf(young, old)];
  let same = 0;
  while (gone.entry !== undefined || come.entry !== undefined) {
    const difference = differenceOf(gone.entry, come.entry);
    if (difference.change !== 'same' || ++same === SAME_AT_ONCE) {
      same = 0;
      yield difference;
    }
    const reading = [
      difference.change === 'added' ? undefined : gone.advance(),
      difference.change === 'removed' ? undefined : come.advance(),
    ];
    if (reading[0] !== undefined || reading[1] !== undefined) await Promise.all(reading);
  }
}

/** Of the two entries that come next, at least one of which is there, the one that is earlier, or both. */
function differenceOf(before: ManifestEntry | undefined, after: ManifestEntry | undefined): Difference {
  if (before === undefined) return { change: 'added', path: after!.path, after: after! };
  if (after === undefined) return { change: 'removed', path: before.path, before };
  const order = comparePaths(before.path, after.path);
  if (order < 0) return { change: 'removed', path: before.path, before };
  const { path } = after;
  if (order > 0) return { change: 'added', path, after };
  const aspects = diffEntries(before, after);
  return aspects.length === 0
    ? { change: 'same', path }
    : { change: 'changed', path, before, after, aspects };
}

function onlyIn(segments: readonly SegmentSummary[], others: readonly SegmentSummary[]): SegmentSummary[] {
  const known = new Set(others.map(({ chunk }) => chunk.toString('latin1')));
  return segments.filter(({ chunk }) => !known.has(chunk.toString('latin1')));
}

/** Goes through the entries of some segments. */
class EntryCursor {
  /** The one it stands at; undefined behind the last. */
  entry: ManifestEntry | undefined;
  readonly #segments: AsyncGenerator<{ entries: Iterable<ManifestEntry> }>;
  #entries: Iterator<ManifestEntry> = [].values();

  private constructor(segments: AsyncGenerator<{ entries: Iterable<ManifestEntry> }>) {
    this.#segments = segments;
  }

  /** At the first entry behind `from`. */
  static async at(
    parts: ReadParts,
    cluster: ClusterId,
    segments: readonly SegmentSummary[],
    from: Buffer | undefined,
  ): Promise<EntryCursor> {
    const begin = from === undefined ? 0 : segmentOf(segments, from);
    const cursor = new EntryCursor(readSegments(parts, cluster, segments.slice(begin)));
    do await cursor.advance();
    while (from !== undefined && cursor.entry !== undefined && comparePaths(cursor.entry.path, from) <= 0);
    return cursor;
  }

  /** A promise only when the next segment has to be read. */
  advance(): Promise<void> | undefined {
    const next = this.#entries.next();
    if (next.done === true) return this.#nextSegment();
    this.entry = next.value;
    return undefined;
  }

  async #nextSegment(): Promise<void> {
    this.entry = undefined;
    const next = await this.#segments.next();
    if (next.done === true) return;
    this.#entries = next.value.entries[Symbol.iterator]();
    await this.advance();
  }
}
