import { crc32 } from 'node:zlib';
import type { ByteReader } from './byte-reader.ts';

/** First four bytes of every codec file since Lucene 4.0 (CodecUtil). */
export const CODEC_MAGIC = 0x3fd76c17;
const FOOTER_MAGIC = 0xc02893e8;
/** Magic, algorithm 0, CRC-32 as a long; at the end of every file since Lucene 5.0, of most since 4.8. */
export const FOOTER_LENGTH = 16;
/** Of the footer itself the checksum covers magic and algorithm. */
export const CHECKSUM_LENGTH = 8;

export interface CodecHeader {
  readonly codec: string;
  readonly version: number;
}

/** After the magic, which tells a codec file from an older one. */
export function readHeader(reader: ByteReader): CodecHeader {
  return { codec: reader.string(), version: reader.int() };
}

/** Since 5.0 an id and a suffix follow. */
export function skipIndexHeader(reader: ByteReader): void {
  reader.bytes(16);
  reader.bytes(reader.byte());
}

/** The CRC-32 that a footer claims; undefined: these are no footer. */
export function claimedChecksum(footer: Buffer): number | undefined {
  if (footer.length !== FOOTER_LENGTH) return undefined;
  if (footer.readUInt32BE(0) !== FOOTER_MAGIC || footer.readUInt32BE(4) !== 0) return undefined;
  const checksum = footer.readBigUInt64BE(8);
  return checksum > 0xffffffffn ? undefined : Number(checksum);
}

/** Whether a whole file's last eight bytes are the CRC-32 of all before: with a footer or, in older formats, without. */
export function endsWithChecksum(bytes: Buffer): boolean {
  const end = bytes.length - CHECKSUM_LENGTH;
  return end > 0 && bytes.readBigUInt64BE(end) === BigInt(crc32(bytes.subarray(0, end)));
}
