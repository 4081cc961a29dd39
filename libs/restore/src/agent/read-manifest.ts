import { LifeboatError } from '@lifeboat/kernel';
import {
  decodeManifestRoot,
  decodeSegment,
  type ManifestEntry,
  type ManifestRoot,
  type SegmentSummary,
} from '@lifeboat/vault-format';
import type { ChunkFetcher } from './chunk-fetcher.ts';

const BATCH_BYTES = 8 << 20;

export async function readManifestRoot(fetcher: ChunkFetcher, id: Buffer): Promise<ManifestRoot> {
  let root: ManifestRoot | undefined;
  await fetcher.fetch('root', [{ chunk: id }], (_, bytes) => {
    root = decodeManifestRoot(bytes);
  });
  if (root === undefined) throw new LifeboatError('CHUNK_MISSING', 'the manifest root did not arrive');
  return root;
}

/** The entries in path order, a few segments in memory at a time. */
export async function* readManifest(
  fetcher: ChunkFetcher,
  root: ManifestRoot,
): AsyncGenerator<ManifestEntry> {
  for (const batch of batches(root.segments)) {
    const segments: Buffer[] = [];
    const wanted = batch.map(({ chunk, length }) => ({ chunk, length }));
    await fetcher.fetch('segment', wanted, (index, bytes) => {
      segments[index] = bytes;
    });
    for (const segment of segments) yield* decodeSegment(segment);
  }
}

function* batches(segments: readonly SegmentSummary[]): Generator<SegmentSummary[]> {
  let batch: SegmentSummary[] = [];
  let bytes = 0;
  for (const segment of segments) {
    if (batch.length > 0 && bytes + segment.length > BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(segment);
    bytes += segment.length;
  }
  if (batch.length > 0) yield batch;
}
