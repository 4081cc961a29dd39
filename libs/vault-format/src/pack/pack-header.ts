import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { asBuffer, invariant } from '@lifeboat/kernel';
import { ByteReader } from '../bytes/byte-reader.ts';
import { MAGIC, readEnvelope, writeEnvelope } from '../bytes/envelope.ts';
import type { FrameContext } from '../frame/frame-header.ts';

/**
 *   0  envelope  14, magic 89 "LBPack" 0a      32  cluster  16
 *   14 zero      u16                           48  CRC-32   u32 of bytes 0 to 48
 *   16 vault     16                            52  the first frame
 */
export const PACK_HEADER_LENGTH = 52;
const CRC_AT = 48;

export function encodePackHeader(context: FrameContext): Buffer {
  invariant(
    context.vault.length === 16 && context.cluster.length === 16,
    'vault and cluster ids have 16 bytes',
  );
  const header = Buffer.alloc(PACK_HEADER_LENGTH);
  writeEnvelope(header, MAGIC.pack);
  header.set(context.vault, 16);
  header.set(context.cluster, 32);
  header.writeUInt32BE(crc32(header.subarray(0, CRC_AT)), CRC_AT);
  return header;
}

/** Reads the first bytes of a pack. Throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED. */
export function decodePackHeader(bytes: Uint8Array): { vault: Buffer; cluster: Buffer } {
  const reader = new ByteReader(bytes, 'pack header');
  if (reader.remaining < PACK_HEADER_LENGTH) throw reader.damage('ends too early');
  const header = asBuffer(bytes);
  if (crc32(header.subarray(0, CRC_AT)) !== header.readUInt32BE(CRC_AT)) throw reader.damage('wrong CRC-32');
  readEnvelope(reader, MAGIC.pack, 'pack');
  reader.u16();
  return { vault: reader.take(16), cluster: reader.take(16) };
}
