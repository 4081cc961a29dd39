import { Buffer } from 'node:buffer';
import { ByteReader } from '../bytes/byte-reader.ts';
import { MAGIC, readEnvelope, writeEnvelope } from '../bytes/envelope.ts';
import { EntryContext, readEntry } from './entry-codec.ts';
import type { ManifestEntry } from './manifest-entry.ts';

/**
 *   0  envelope       14, magic 89 "LBSegm" 0a      20 content bytes  u64, sum of the sizes of files
 *   14 zero           u16                           28 the first entry
 *   16 entries        u32
 */
export const SEGMENT_HEADER_LENGTH = 28;

export function writeSegmentHeader(into: Buffer, entries: number, contentBytes: number): void {
  writeEnvelope(into, MAGIC.segment);
  into.writeUInt16BE(0, 14);
  into.writeUInt32BE(entries, 16);
  into.writeBigUInt64BE(BigInt(contentBytes), 20);
}

export function readSegmentHeader(reader: ByteReader): {
  entries: number;
  contentBytes: number;
  extensible: boolean;
} {
  const uses = readEnvelope(reader, MAGIC.segment, 'manifest segment');
  reader.u16();
  return { entries: reader.u32(), contentBytes: reader.count(), extensible: uses !== 0 };
}

/**
 * The entries of a segment, in path order. Byte strings may be views of `segment`: do not re-use its memory while
 * entries live. Throws (while iterating) FORMAT_DAMAGED, FORMAT_UNSUPPORTED.
 */
export function* decodeSegment(segment: Uint8Array): Generator<ManifestEntry, void, undefined> {
  const reader = new ByteReader(segment, 'manifest segment');
  const header = readSegmentHeader(reader);
  const context = new EntryContext();
  let contentBytes = 0;
  for (let i = 0; i < header.entries; i++) {
    const entry = readEntry(reader, context, header.extensible);
    if (entry.type === 'file') contentBytes += entry.size;
    yield entry;
  }
  if (reader.remaining > 0) throw reader.damage('bytes after the last entry');
  if (contentBytes !== header.contentBytes) throw reader.damage('sizes do not add up');
}

/** What the manifest root says of a segment, but for its chunk id. Reads the header and the first entry only. */
export function summarizeSegment(segment: Uint8Array): {
  firstPath: Buffer;
  entries: number;
  contentBytes: number;
  length: number;
} {
  const reader = new ByteReader(segment, 'manifest segment');
  const { entries, contentBytes, extensible } = readSegmentHeader(reader);
  const { path } = readEntry(reader, new EntryContext(), extensible);
  // Kept until the root is written: a piece of Node's pool would keep 64 KiB of everybody's bytes alive.
  const firstPath = Buffer.allocUnsafeSlow(path.length);
  firstPath.set(path);
  return { firstPath, entries, contentBytes, length: segment.length };
}
