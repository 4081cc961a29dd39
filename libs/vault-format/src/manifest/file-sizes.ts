import { Buffer } from 'node:buffer';
import { ByteReader } from '../bytes/byte-reader.ts';
import { HAS, TYPE_BITS, TYPES } from './entry-codec.ts';
import { readSegmentHeader } from './segment.ts';

/**
 * Tells path (one character a byte) and bytes of each file of a segment, in path order, and passes over all else: for
 * an index over a whole tree, which costs a fifth of decoding its entries. What leads to a place on disk goes through
 * `decodeSegment`, which checks more. Throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED.
 */
export function fileSizes(segment: Uint8Array, onFile: (path: string, size: number) => void): void {
  const reader = new ByteReader(segment, 'manifest segment');
  const { entries } = readSegmentHeader(reader);
  // Every path is at most as long as all that the segment says.
  const path = Buffer.allocUnsafe(segment.length);
  let pathLength = 0;
  for (let entry = 0; entry < entries; entry++) {
    const length = reader.varint();
    if (length > reader.remaining) throw reader.damage('entry ends too late');
    const end = reader.position + length;
    const shared = reader.varint();
    const suffix = reader.varint();
    if (shared > pathLength || suffix > reader.remaining) throw reader.damage('path refers past its end');
    pathLength = shared + suffix;
    reader.bytes.copy(path, shared, reader.position, reader.position + suffix);
    reader.skip(suffix);
    const flags = reader.u8();
    if (TYPES[flags & TYPE_BITS] === 'file')
      onFile(path.toString('latin1', 0, pathLength), sizeAfter(reader, flags));
    if (reader.position > end) throw reader.damage('entry has another length');
    reader.position = end;
  }
  if (reader.remaining > 0) throw reader.damage('bytes after the last entry');
}

const TIME_LENGTH = 10;

function sizeAfter(reader: ByteReader, flags: number): number {
  for (let field = 0; field < MODE_UID_GID; field++) reader.varint();
  if ((flags & HAS.user) !== 0) skipName(reader);
  if ((flags & HAS.group) !== 0) skipName(reader);
  reader.skip(2 * TIME_LENGTH);
  return reader.varint();
}

const MODE_UID_GID = 3;

function skipName(reader: ByteReader): void {
  if (reader.varint() === 0) reader.skip(reader.varint());
}
