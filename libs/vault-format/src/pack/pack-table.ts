import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { asBuffer, CHUNK_ID_LENGTH, invariant, LifeboatError } from '@lifeboat/kernel';
import { ByteReader } from '../bytes/byte-reader.ts';
import { damaged } from '../bytes/damaged.ts';
import { MAGIC, readEnvelope, writeEnvelope } from '../bytes/envelope.ts';
import { KEY_ID_LENGTH } from '../frame/chunk-id.ts';
import { chunkTypeByte, chunkTypeOfByte, type ChunkType } from '../frame/chunk-type.ts';
import { TAG_LENGTH, type FrameContext } from '../frame/frame-header.ts';

/** Where one frame of the pack lies. */
export interface PackTableRow {
  readonly kind: 'chunk' | 'key';
  /** Of a chunk; 'data', without meaning, for a key. */
  readonly type: ChunkType;
  /** Chunk id (33 bytes) or key id (16). */
  readonly id: Buffer;
  /** From the pack's first byte. */
  readonly offset: number;
  /** Of the whole frame. */
  readonly length: number;
  readonly rawLength: number;
}

/**
 * Sealed:                                          Each row of the plain bytes, 47 bytes:
 *   0  envelope     14, magic 89 "LBTabl" 0a         0  kind        u8: 1 chunk, 2 key
 *   14 zero         u16                              1  type        u8: 1 data, 2 segment, 3 root; 0 for a key
 *   16 nonce        12                               2  id          33, a key id filled up with zeros
 *   28 body length  u32, tag included                35 offset      u32
 *   32 body         AES-256-GCM(rows) ‖ tag          39 length      u32
 *                                                    43 raw length  u32
 * The authenticated data are bytes 0 to 32 ‖ vault (16) ‖ cluster (16).
 */
const TABLE_HEADER_LENGTH = 32;
const ROW_LENGTH = 47;

const KINDS = [undefined, 'chunk', 'key'] as const;

export function sealPackTable(
  rows: readonly PackTableRow[],
  tableKey: Uint8Array,
  nonce: Uint8Array,
  context: FrameContext,
): Buffer {
  const all = new PackRows();
  all.add(rows);
  return all.seal(tableKey, nonce, context);
}

/**
 * The rows of a pack that grows, kept as the table's bytes: a pack of small files has some ten thousand, and as objects
 * they would be a third of what a server keeps while it takes such packs in.
 */
export class PackRows {
  #bytes = Buffer.allocUnsafeSlow(1024 * ROW_LENGTH);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(rows: readonly PackTableRow[]): void {
    const needed = (this.#count + rows.length) * ROW_LENGTH;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    for (const row of rows) {
      const at = this.#count * ROW_LENGTH;
      this.#bytes.fill(0, at, at + ROW_LENGTH);
      writeRow(this.#bytes, at, row);
      this.#count += 1;
    }
  }

  /** The sealed table of all that was added. */
  seal(tableKey: Uint8Array, nonce: Uint8Array, context: FrameContext): Buffer {
    return sealRows(this.#bytes.subarray(0, this.#count * ROW_LENGTH), tableKey, nonce, context);
  }
}

function sealRows(plain: Uint8Array, tableKey: Uint8Array, nonce: Uint8Array, context: FrameContext): Buffer {
  invariant(nonce.length === 12, 'a nonce has 12 bytes');
  const header = Buffer.alloc(TABLE_HEADER_LENGTH);
  writeEnvelope(header, MAGIC.table);
  header.set(nonce, 16);
  header.writeUInt32BE(plain.length + TAG_LENGTH, 28);
  const cipher = createCipheriv('aes-256-gcm', tableKey, nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(Buffer.concat([header, context.vault, context.cluster]));
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Ids are views. Throws DECRYPTION_FAILED, FORMAT_DAMAGED, FORMAT_UNSUPPORTED: then scan the frames instead. */
export function openPackTable(
  sealed: Uint8Array,
  tableKey: Uint8Array,
  context: FrameContext,
): PackTableRow[] {
  const reader = new ByteReader(sealed, 'pack table');
  readEnvelope(reader, MAGIC.table, 'pack table');
  reader.u16();
  const nonce = reader.take(12);
  const bodyLength = reader.u32();
  if (bodyLength !== reader.remaining || bodyLength < TAG_LENGTH) throw reader.damage('lengths do not agree');
  const body = reader.take(bodyLength - TAG_LENGTH);
  const tag = reader.take(TAG_LENGTH);
  let plain: Buffer;
  try {
    const decipher = createDecipheriv('aes-256-gcm', tableKey, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(
      Buffer.concat([asBuffer(sealed).subarray(0, TABLE_HEADER_LENGTH), context.vault, context.cluster]),
    );
    decipher.setAuthTag(tag);
    plain = decipher.update(body);
    decipher.final();
  } catch (error) {
    throw new LifeboatError('DECRYPTION_FAILED', 'pack table does not open', {
      guidance:
        'The table was changed or belongs to another vault, cluster or key. The frames can still be scanned.',
      cause: error,
    });
  }
  if (plain.length % ROW_LENGTH !== 0) throw damaged('pack table: is not made of whole rows');
  return Array.from({ length: plain.length / ROW_LENGTH }, (_, index) => readRow(plain, index * ROW_LENGTH));
}

function writeRow(into: Buffer, at: number, row: PackTableRow): void {
  invariant(row.id.length === idLength(row.kind), 'a chunk id has 33 bytes, a key id 16');
  into[at] = KINDS.indexOf(row.kind);
  into[at + 1] = row.kind === 'key' ? 0 : chunkTypeByte(row.type);
  into.set(row.id, at + 2);
  into.writeUInt32BE(row.offset, at + 35);
  into.writeUInt32BE(row.length, at + 39);
  into.writeUInt32BE(row.rawLength, at + 43);
}

function readRow(bytes: Buffer, at: number): PackTableRow {
  const kind = KINDS[bytes[at]!];
  const type = kind === 'key' ? 'data' : chunkTypeOfByte(bytes[at + 1]!);
  if (kind === undefined || type === undefined) throw damaged('pack table: unknown kind or type');
  return {
    kind,
    type,
    id: bytes.subarray(at + 2, at + 2 + idLength(kind)),
    offset: bytes.readUInt32BE(at + 35),
    length: bytes.readUInt32BE(at + 39),
    rawLength: bytes.readUInt32BE(at + 43),
  };
}

function idLength(kind: 'chunk' | 'key'): number {
  return kind === 'chunk' ? CHUNK_ID_LENGTH : KEY_ID_LENGTH;
}
