import { Buffer } from 'node:buffer';
import { CHUNK_ID_LENGTH, invariant } from '@lifeboat/kernel';
import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { ENVELOPE_LENGTH, MAGIC, readEnvelope, writeEnvelope } from '../bytes/envelope.ts';
import { pathFault } from './check-path.ts';
import { comparePaths } from './compare-paths.ts';

export interface SegmentSummary {
  /** Chunk id of the segment, 33 bytes. */
  chunk: Buffer;
  firstPath: Buffer;
  entries: number;
  /** Sum of the sizes of its files. */
  contentBytes: number;
  /** Bytes of the segment before sealing. */
  length: number;
}

/** The whole manifest in one chunk: its id is what a capture is known by. */
export interface ManifestRoot {
  segments: SegmentSummary[];
  entries: number;
  contentBytes: number;
}

const SHORTEST_ROW = CHUNK_ID_LENGTH + 4;

/**
 * envelope (magic 89 "LBRoot" 0a), zero u16, entries u64, content bytes u64, segments u32, then for each segment:
 * chunk id 33, first path (varint length, bytes), entries, content bytes, length (varints).
 */
export function encodeManifestRoot(root: ManifestRoot): Buffer {
  const into = new ByteWriter(64 * 1024);
  const envelope = Buffer.alloc(ENVELOPE_LENGTH);
  writeEnvelope(envelope, MAGIC.root);
  into.raw(envelope);
  into.u16(0);
  into.u64(BigInt(root.entries));
  into.u64(BigInt(root.contentBytes));
  into.u32(root.segments.length);
  for (const segment of root.segments) {
    invariant(segment.chunk.length === CHUNK_ID_LENGTH, 'a chunk id has 33 bytes');
    into.raw(segment.chunk);
    into.blob(segment.firstPath);
    into.varint(segment.entries);
    into.varint(segment.contentBytes);
    into.varint(segment.length);
  }
  return into.copy();
}

/** Byte strings are views. Throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED. */
export function decodeManifestRoot(bytes: Uint8Array): ManifestRoot {
  const reader = new ByteReader(bytes, 'manifest root');
  const uses = readEnvelope(reader, MAGIC.root, 'manifest root');
  reader.u16();
  const root: ManifestRoot = { entries: reader.count(), contentBytes: reader.count(), segments: [] };
  const count = reader.u32();
  if (count * SHORTEST_ROW > reader.remaining) throw reader.damage('more segments than bytes');
  for (let i = 0; i < count; i++) root.segments.push(readSummary(reader, root.segments.at(-1)));
  if (reader.remaining > 0 && uses === 0) throw reader.damage('bytes after the last segment');
  if (sum(root, 'entries') !== root.entries || sum(root, 'contentBytes') !== root.contentBytes) {
    throw reader.damage('segments do not add up');
  }
  return root;
}

function readSummary(reader: ByteReader, previous: SegmentSummary | undefined): SegmentSummary {
  const chunk = reader.take(CHUNK_ID_LENGTH);
  const firstPath = reader.blob();
  const fault = pathFault(firstPath);
  if (fault !== undefined) throw reader.damage(fault);
  if (previous !== undefined && comparePaths(previous.firstPath, firstPath) >= 0)
    throw reader.damage('segments out of order');
  return {
    chunk,
    firstPath,
    entries: reader.varint(),
    contentBytes: reader.varint(),
    length: reader.varint(),
  };
}

function sum(root: ManifestRoot, field: 'entries' | 'contentBytes'): number {
  return root.segments.reduce((total, segment) => total + segment[field], 0);
}
