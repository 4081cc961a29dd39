import { Buffer } from 'node:buffer';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { asBuffer, invariant } from '@lifeboat/kernel';
import { Chunks, DownloadResponse } from './generated/lifeboat/v1/transfer.ts';

/** Field numbers of transfer.proto, with their wire type: length-delimited 2. */
const CHUNKS = (2 << 3) | 2;
const DATA_FIELD = 5;
const DATA = (DATA_FIELD << 3) | 2;
const NO_DATA = Buffer.alloc(0);

/** Bytes that must be free before the data of chunks that are to be sent where they lie: enough for 1,024 of them. */
export const CHUNKS_HEADROOM = 16 * 1024;

/** A DownloadResponse that is encoded already: goes over the wire as it is. */
export class EncodedDownloadResponse {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/**
 * The response that carries `length` bytes of chunks lying in `buffer` behind CHUNKS_HEADROOM free bytes: what comes
 * before them is written into those, so that they are not copied. The buffer must not change until the response is
 * written.
 */
export function chunksInPlace(
  buffer: Buffer,
  length: number,
  chunks: Omit<Chunks, 'data'>,
): EncodedDownloadResponse {
  const end = CHUNKS_HEADROOM + length;
  const head = headOf(chunks, length);
  invariant(end <= buffer.length && head.length <= CHUNKS_HEADROOM, 'chunks and their head have room');
  const start = CHUNKS_HEADROOM - head.length;
  buffer.set(head, start);
  return new EncodedDownloadResponse(buffer.subarray(start, end));
}

/** A download response as it goes over the wire. */
export function encodeDownloadResponse(response: DownloadResponse | EncodedDownloadResponse): Buffer {
  if (response instanceof EncodedDownloadResponse) return response.bytes;
  return asBuffer(DownloadResponse.encode(response).finish());
}

/** The data of chunks is a view of `bytes`; everything else is as the generated decoder gives it. */
export function decodeDownloadResponse(bytes: Buffer): DownloadResponse {
  const chunks = bytes[0] === CHUNKS ? chunksOf(bytes) : undefined;
  return chunks === undefined
    ? DownloadResponse.decode(bytes)
    : { message: { $case: 'chunks', value: chunks } };
}

/** Everything of the message that comes before its data. */
function headOf(chunks: Omit<Chunks, 'data'>, length: number): Uint8Array {
  const inner = Chunks.encode({ ...chunks, data: NO_DATA });
  if (length > 0) inner.uint32(DATA).uint32(length);
  const innerHead = inner.finish();
  return new BinaryWriter()
    .uint32(CHUNKS)
    .uint32(innerHead.length + length)
    .raw(innerHead)
    .finish();
}

/** Undefined unless the message ends with its data, as `chunksInPlace` writes it: then the generated decoder judges it. */
function chunksOf(bytes: Buffer): Chunks | undefined {
  const reader = new BinaryReader(bytes);
  reader.uint32();
  if (reader.uint32() !== reader.len - reader.pos) return undefined;
  for (const start = reader.pos; reader.pos < reader.len;) {
    const end = reader.pos;
    const [field, wireType] = reader.tag();
    if (field !== DATA_FIELD) {
      reader.skip(wireType);
      continue;
    }
    const data = asBuffer(reader.bytes());
    if (reader.pos !== reader.len) return undefined;
    return { ...Chunks.decode(bytes.subarray(start, end)), data };
  }
  return undefined;
}
