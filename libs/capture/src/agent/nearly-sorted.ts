import { comparePaths, type ManifestEntry } from '@lifeboat/vault-format';

type Entries = Iterable<ManifestEntry>;

/**
 * By path, each once, of entries none of which comes behind more than `displaced` that come after it by path. One that does is
 * left out.
 */
export function* sorted(entries: Entries, displaced: number): Generator<ManifestEntry, void, undefined> {
  const held: ManifestEntry[] = [];
  let last: Buffer | undefined;
  function* give(keep: number): Generator<ManifestEntry, void, undefined> {
    while (held.length > keep) {
      const next = held.shift() as ManifestEntry;
      if (last !== undefined && comparePaths(next.path, last) <= 0) continue;
      last = next.path;
      yield next;
    }
  }
  for (const entry of entries) {
    held.splice(placeOf(entry, held), 0, entry);
    yield* give(displaced);
  }
  yield* give(0);
}

/** By path; of several with the same path, that of the first source which has it. */
export function* merged(sources: readonly Entries[]): Generator<ManifestEntry, void, undefined> {
  const iterators = sources.map((source) => source[Symbol.iterator]());
  const heads = iterators.map((iterator) => next(iterator));
  for (;;) {
    const least = heads.reduce(lesser, undefined);
    if (least === undefined) return;
    yield least;
    for (const [index, head] of heads.entries()) {
      const isTaken = head !== undefined && comparePaths(head.path, least.path) === 0;
      if (isTaken) heads[index] = next(iterators[index]!);
    }
  }
}

function next(iterator: Iterator<ManifestEntry>): ManifestEntry | undefined {
  const { done, value } = iterator.next();
  return done === true ? undefined : value;
}

function lesser(one: ManifestEntry | undefined, other: ManifestEntry | undefined): ManifestEntry | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return comparePaths(other.path, one.path) < 0 ? other : one;
}

/** Behind all that are not after it; mostly near the end. */
function placeOf(entry: ManifestEntry, held: readonly ManifestEntry[]): number {
  let [low, high] = [0, held.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePaths(held[middle]!.path, entry.path) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
