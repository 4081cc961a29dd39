import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { MAX_CHUNK } from '@lifeboat/chunking';
import { asBuffer, CHUNK_ID_LENGTH, invariant } from '@lifeboat/kernel';
import { ByteReader } from '../bytes/byte-reader.ts';
import { unsupported } from '../bytes/damaged.ts';
import { MAGIC, readEnvelope, writeEnvelope } from '../bytes/envelope.ts';
import { KEY_ID_LENGTH } from './chunk-id.ts';
import { chunkTypeByte, chunkTypeOfByte, type ChunkType } from './chunk-type.ts';

/** Vault and cluster a frame belongs to, 16 bytes each (UUIDs). */
export interface FrameContext {
  readonly vault: Uint8Array;
  readonly cluster: Uint8Array;
}

export interface FrameHeader {
  /** chunk: sealed bytes. key: a wrapped session key, in front of the first frame of a pack that needs it. */
  kind: 'chunk' | 'key';
  /** Of a chunk; 'data', without meaning, for a key. */
  type: ChunkType;
  codec: 'raw' | 'zstd';
  vault: Buffer;
  cluster: Buffer;
  keyId: Buffer;
  /** 33 bytes; zeros for a key. */
  chunkId: Buffer;
  /** Bytes of the chunk before compression. */
  rawLength: number;
  /** Bytes after the header, authentication tag included. */
  bodyLength: number;
  /** The frame's number under its key, from 0: its nonce. */
  counter: bigint;
}

/**
 *   0   envelope     14, magic 89 "LBFram" 0a      64  chunk id      33
 *   14  kind         u8: 1 chunk, 2 key            97  codec         u8: 0 raw, 1 zstd
 *   15  type         u8: 1 data, 2 segment,        98  zero          u16
 *                    3 root; 0 for a key           100 raw length    u32
 *   16  vault        16                            104 body length   u32
 *   32  cluster      16                            108 counter       u64
 *   48  key id       16                            116 CRC-32        u32 of bytes 0 to 116
 */
export const FRAME_HEADER_LENGTH = 120;
const CRC_AT = 116;

export const TAG_LENGTH = 16;
export const MAX_WRAPPED_KEY = 1024;
/** No chunk, hence no segment and no manifest root, is larger before sealing. */
export const MAX_RAW_LENGTH = MAX_CHUNK;
/** A body is never larger than the chunk it seals (else it is kept raw) and its tag. */
export const MAX_BODY_LENGTH = MAX_RAW_LENGTH + TAG_LENGTH;

const KINDS = [undefined, 'chunk', 'key'] as const;
const CODECS = ['raw', 'zstd'] as const;

export function encodeFrameHeader(
  header: FrameHeader,
  into: Buffer = Buffer.allocUnsafe(FRAME_HEADER_LENGTH),
): Buffer {
  invariant(
    header.vault.length === 16 && header.cluster.length === 16,
    'vault and cluster ids have 16 bytes',
  );
  invariant(header.keyId.length === KEY_ID_LENGTH, 'a key id has 16 bytes');
  invariant(header.chunkId.length === CHUNK_ID_LENGTH, 'a chunk id has 33 bytes');
  writeEnvelope(into, MAGIC.frame);
  into[14] = KINDS.indexOf(header.kind);
  into[15] = header.kind === 'key' ? 0 : chunkTypeByte(header.type);
  into.set(header.vault, 16);
  into.set(header.cluster, 32);
  into.set(header.keyId, 48);
  into.set(header.chunkId, 64);
  into[97] = CODECS.indexOf(header.codec);
  into.writeUInt16BE(0, 98);
  into.writeUInt32BE(header.rawLength, 100);
  into.writeUInt32BE(header.bodyLength, 104);
  into.writeBigUInt64BE(header.counter, 108);
  into.writeUInt32BE(crc32(into.subarray(0, CRC_AT)), CRC_AT);
  return into;
}

/**
 * Reads the header at `offset`; its byte strings are views. A header that passes is whole (CRC-32) and has
 * lengths within bounds. Throws FORMAT_DAMAGED, FORMAT_UNSUPPORTED.
 */
export function decodeFrameHeader(bytes: Uint8Array, offset = 0): FrameHeader {
  const end = Math.min(bytes.length, offset + FRAME_HEADER_LENGTH);
  const reader = new ByteReader(bytes, 'frame header', offset, end);
  if (reader.remaining < FRAME_HEADER_LENGTH) throw reader.damage('ends too early');
  const header = asBuffer(bytes).subarray(offset, end);
  // First of all, so that damage is never taken for a newer version.
  if (crc32(header.subarray(0, CRC_AT)) !== header.readUInt32BE(CRC_AT)) throw reader.damage('wrong CRC-32');
  readEnvelope(reader, MAGIC.frame, 'frame');
  const kind = KINDS[reader.u8()];
  if (kind === undefined) throw unsupported('frame: unknown kind');
  const typeByte = reader.u8();
  const type = kind === 'key' ? 'data' : chunkTypeOfByte(typeByte);
  if (type === undefined) throw unsupported('frame: unknown chunk type');
  const vault = reader.take(16);
  const cluster = reader.take(16);
  const keyId = reader.take(KEY_ID_LENGTH);
  const chunkId = reader.take(CHUNK_ID_LENGTH);
  const codec = CODECS[reader.u8()];
  if (codec === undefined) throw unsupported('frame: unknown codec');
  const zero = reader.u16();
  const decoded = {
    kind,
    type,
    codec,
    vault,
    cluster,
    keyId,
    chunkId,
    rawLength: reader.u32(),
    bodyLength: reader.u32(),
    counter: reader.u64(),
  };
  const fault = zero !== 0 ? 'padding is not zero' : faultOf(decoded, typeByte);
  if (fault !== undefined) throw reader.damage(fault);
  return decoded;
}

function faultOf(header: FrameHeader, typeByte: number): string | undefined {
  const { kind, codec, rawLength, bodyLength } = header;
  if (kind === 'key') {
    if (typeByte !== 0 || codec !== 'raw' || header.counter !== 0n) return 'key frame with fields of a chunk';
    if (header.chunkId.some((byte) => byte !== 0)) return 'key frame with a chunk id';
    if (bodyLength === 0 || bodyLength > MAX_WRAPPED_KEY || rawLength !== bodyLength)
      return 'key length out of range';
    return undefined;
  }
  if (rawLength > MAX_RAW_LENGTH) return 'raw length out of range';
  if (codec === 'raw') return bodyLength === rawLength + TAG_LENGTH ? undefined : 'lengths do not agree';
  return bodyLength > TAG_LENGTH && bodyLength < rawLength + TAG_LENGTH ? undefined : 'lengths do not agree';
}
