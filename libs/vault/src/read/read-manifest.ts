import { CHUNK_ID_LENGTH, invariant, LifeboatError, type ClusterId } from '@lifeboat/kernel';
import {
  decodeManifestRoot,
  decodeSegment,
  type ContentPart,
  type ManifestEntry,
  type ManifestRoot,
  type SegmentSummary,
} from '@lifeboat/vault-format';
import type { ReadParts } from '../parts.ts';
import { readChunks } from './read-chunks.ts';

/** Segments have at most 1 MiB raw: this bounds the memory of streaming a manifest. */
const SEGMENTS_AHEAD = 16;
const FILE_BYTES_AHEAD = 8 * 1024 * 1024;
const HOLE_PIECE = 1024 * 1024;

export async function readChunk(parts: ReadParts, cluster: ClusterId, id: Buffer): Promise<Buffer> {
  const [raw] = await readInOrder(parts, cluster, [id]);
  invariant(raw !== undefined, 'reading resolves with every chunk');
  return raw;
}

export async function readManifestRoot(
  parts: ReadParts,
  cluster: ClusterId,
  root: Buffer,
): Promise<ManifestRoot> {
  return decodeManifestRoot(await readChunk(parts, cluster, root));
}

/** Root, then segments, then entries, in path order; memory does not grow with the manifest. */
export async function* readManifest(
  parts: ReadParts,
  cluster: ClusterId,
  root: Buffer,
): AsyncGenerator<ManifestEntry> {
  const { segments } = await readManifestRoot(parts, cluster, root);
  for await (const segment of readSegments(parts, cluster, segments)) yield* segment.entries;
}

/** The segments' own bytes, verified but not decoded. */
export async function* readRawSegments(
  parts: ReadParts,
  cluster: ClusterId,
  root: Buffer,
): AsyncGenerator<Buffer> {
  const { segments } = await readManifestRoot(parts, cluster, root);
  for await (const { raw } of rawSegments(parts, cluster, segments)) yield raw;
}

export async function* readSegments(
  parts: ReadParts,
  cluster: ClusterId,
  segments: readonly SegmentSummary[],
): AsyncGenerator<{ summary: SegmentSummary; entries: Iterable<ManifestEntry> }> {
  for await (const { summary, raw } of rawSegments(parts, cluster, segments))
    yield { summary, entries: decodeSegment(raw) };
}

async function* rawSegments(
  parts: ReadParts,
  cluster: ClusterId,
  segments: readonly SegmentSummary[],
): AsyncGenerator<{ summary: SegmentSummary; raw: Buffer }> {
  for (let start = 0; start < segments.length; start += SEGMENTS_AHEAD) {
    const some = segments.slice(start, start + SEGMENTS_AHEAD);
    const raws = await readInOrder(
      parts,
      cluster,
      some.map((segment) => segment.chunk),
    );
    for (const [index, summary] of some.entries()) yield { summary, raw: raws[index] as Buffer };
  }
}

/** The bytes of one file, holes as zeros. */
export async function* readFileBytes(
  parts: ReadParts,
  cluster: ClusterId,
  entry: ManifestEntry,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for (const group of groupsOf(entry.content)) {
    const raws = await readInOrder(
      parts,
      cluster,
      group.flatMap((part) => ('chunk' in part ? [part.chunk] : [])),
    );
    for (const part of group) {
      if ('hole' in part) yield* zeros(part.hole);
      else yield checkedLength(raws.shift(), part);
      bytes += 'hole' in part ? part.hole : part.length;
    }
  }
  if (bytes !== entry.size) throw inconsistent(`its parts have ${bytes} bytes, the entry says ${entry.size}`);
}

function groupsOf(content: readonly ContentPart[]): ContentPart[][] {
  const groups: ContentPart[][] = [];
  let bytes = Infinity;
  for (const part of content) {
    const length = 'chunk' in part ? part.length : 0;
    if (bytes + length > FILE_BYTES_AHEAD) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(part);
    bytes += length;
  }
  return groups;
}

async function readInOrder(parts: ReadParts, cluster: ClusterId, ids: readonly Buffer[]): Promise<Buffer[]> {
  const raws: Buffer[] = new Array<Buffer>(ids.length);
  await readChunks(parts, cluster, Buffer.concat(ids, ids.length * CHUNK_ID_LENGTH), (index, raw) => {
    raws[index] = raw;
  });
  return raws;
}

function checkedLength(raw: Buffer | undefined, part: { chunk: Buffer; length: number }): Buffer {
  invariant(raw !== undefined, 'reading resolves with every chunk');
  if (raw.length !== part.length)
    throw inconsistent(`chunk ${part.chunk.toString('hex')} has ${raw.length} bytes, not ${part.length}`);
  return raw;
}

function* zeros(length: number): Generator<Buffer> {
  for (let rest = length; rest > 0; rest -= HOLE_PIECE) yield Buffer.alloc(Math.min(rest, HOLE_PIECE));
}

function inconsistent(what: string): LifeboatError {
  return new LifeboatError('FORMAT_DAMAGED', `a manifest does not agree with itself: ${what}`, {
    guidance: 'Restore this file from another set; report this, it should not happen.',
  });
}
