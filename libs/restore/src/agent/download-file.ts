import { LifeboatError } from '@lifeboat/kernel';
import type { ContentPart } from '@lifeboat/vault-format';
import type { ChunkFetcher } from './chunk-fetcher.ts';
import { readManifest, readManifestRoot } from './read-manifest.ts';

const BATCH_BYTES = 8 << 20;
const HOLE_PIECE = 1 << 20;

/**
 * The bytes of the one file of a manifest (a captured stream), a few chunks in memory at a time. Throws what the
 * fetcher throws, and FORMAT_DAMAGED when the manifest has no file.
 */
export async function* downloadFile(fetcher: ChunkFetcher, root: Buffer): AsyncGenerator<Buffer> {
  for await (const entry of readManifest(fetcher, await readManifestRoot(fetcher, root))) {
    if (entry.type !== 'file') continue;
    for (const batch of batches(entry.content)) yield* fetchParts(fetcher, batch);
    return;
  }
  throw new LifeboatError('FORMAT_DAMAGED', `the capture ${root.toString('hex')} has no file`);
}

async function* fetchParts(fetcher: ChunkFetcher, parts: readonly ContentPart[]): AsyncGenerator<Buffer> {
  const wanted = parts.filter((part) => 'chunk' in part);
  const chunks: Buffer[] = [];
  await fetcher.fetch('data', wanted, (index, bytes) => {
    chunks[index] = bytes;
  });
  for (const part of parts) {
    if ('hole' in part) yield* zeros(part.hole);
    else yield chunks.shift() as Buffer;
  }
}

function* batches(content: readonly ContentPart[]): Generator<ContentPart[]> {
  let batch: ContentPart[] = [];
  let bytes = 0;
  for (const part of content) {
    const length = 'chunk' in part ? part.length : 0;
    if (batch.length > 0 && bytes + length > BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(part);
    bytes += length;
  }
  if (batch.length > 0) yield batch;
}

function* zeros(length: number): Generator<Buffer> {
  for (let rest = length; rest > 0; rest -= HOLE_PIECE) yield Buffer.alloc(Math.min(rest, HOLE_PIECE));
}
