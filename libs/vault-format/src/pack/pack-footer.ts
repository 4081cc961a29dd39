import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { asBuffer } from '@lifeboat/kernel';
import { ByteReader } from '../bytes/byte-reader.ts';
import { MAGIC, readEnvelope, writeEnvelope } from '../bytes/envelope.ts';

export interface PackFooter {
  /** Where the sealed table begins: right after the last frame. */
  readonly tableOffset: number;
  readonly tableLength: number;
  /** Key frames included. */
  readonly frames: number;
}

/**
 * The last bytes of a pack:
 *
 *   0  envelope      14, magic 89 "LBFoot" 0a      24  table length  u32
 *   14 zero          u16                           28  frames        u32
 *   16 table offset  u64                           32  CRC-32        u32 of bytes 0 to 32
 */
export const PACK_FOOTER_LENGTH = 36;
const CRC_AT = 32;

export function encodePackFooter(footer: PackFooter): Buffer {
  const bytes = Buffer.alloc(PACK_FOOTER_LENGTH);
  writeEnvelope(bytes, MAGIC.footer);
  bytes.writeBigUInt64BE(BigInt(footer.tableOffset), 16);
  bytes.writeUInt32BE(footer.tableLength, 24);
  bytes.writeUInt32BE(footer.frames, 28);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT);
  return bytes;
}

/**
 * Reads the footer at the end of `lastBytes`. Offset and length are not compared with the size of the pack, which
 * only the caller knows. Throws FORMAT_DAMAGED (no footer: never closed, or torn), FORMAT_UNSUPPORTED.
 */
export function decodePackFooter(lastBytes: Uint8Array): PackFooter {
  const start = Math.max(0, lastBytes.length - PACK_FOOTER_LENGTH);
  const reader = new ByteReader(lastBytes, 'pack footer', start);
  if (reader.remaining < PACK_FOOTER_LENGTH) throw reader.damage('ends too early');
  const bytes = asBuffer(lastBytes).subarray(start);
  if (crc32(bytes.subarray(0, CRC_AT)) !== bytes.readUInt32BE(CRC_AT)) throw reader.damage('wrong CRC-32');
  readEnvelope(reader, MAGIC.footer, 'pack footer');
  reader.u16();
  return { tableOffset: reader.count(), tableLength: reader.u32(), frames: reader.u32() };
}
