import { Buffer } from 'node:buffer';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { asBuffer, invariant } from '@lifeboat/kernel';
import { UploadRequest } from './generated/lifeboat/v1/transfer.ts';

/** Field numbers of transfer.proto, with their wire types: varint 0, length-delimited 2. */
const FRAMES = (3 << 3) | 2;
const SEQUENCE = (1 << 3) | 0;
const BYTES = (2 << 3) | 2;

/** Bytes that must be free before frames that are to be sent where they lie. */
export const FRAMES_HEADROOM = 32;

/** An UploadRequest that is encoded already: goes over the wire as it is. */
export class EncodedUploadRequest {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/**
 * The request that carries `length` bytes of frames lying in `buffer` behind FRAMES_HEADROOM free bytes: its head is
 * written into those, so that a megabyte of frames is not copied. Nearly all bytes that agents send go this way. The
 * buffer must not change until the request is written.
 */
export function framesInPlace(buffer: Uint8Array, length: number, sequence: bigint): EncodedUploadRequest {
  const end = FRAMES_HEADROOM + length;
  invariant(length > 0 && end <= buffer.length, 'there are frames behind the room for their head');
  const head = headOf(sequence, length);
  const start = FRAMES_HEADROOM - head.length;
  buffer.set(head, start);
  return new EncodedUploadRequest(asBuffer(buffer).subarray(start, end));
}

/** An upload request as it goes over the wire. */
export function encodeUploadRequest(request: UploadRequest | EncodedUploadRequest): Buffer {
  if (request instanceof EncodedUploadRequest) return request.bytes;
  return asBuffer(UploadRequest.encode(request).finish());
}

/** What the other side gets of a request: bytes of its own, for the sender's buffers are used again. */
export function deliveredUploadRequest(request: UploadRequest | EncodedUploadRequest): UploadRequest {
  return decodeUploadRequest(Buffer.from(encodeUploadRequest(request)));
}

/** Everything of the message that comes before its frames; at most 22 bytes. */
function headOf(sequence: bigint, framesLength: number): Uint8Array {
  const inner = new BinaryWriter();
  if (sequence !== 0n) inner.uint32(SEQUENCE).uint64(sequence);
  const innerHead = inner.uint32(BYTES).uint32(framesLength).finish();
  return new BinaryWriter()
    .uint32(FRAMES)
    .uint32(innerHead.length + framesLength)
    .raw(innerHead)
    .finish();
}

/** The frames are a view of `bytes`; everything else is as the generated decoder gives it. */
export function decodeUploadRequest(bytes: Buffer): UploadRequest {
  const frames = bytes[0] === FRAMES ? framesOf(bytes) : undefined;
  return frames ?? UploadRequest.decode(bytes);
}

/** Undefined for anything but exactly what `framesInPlace` writes: then the generated decoder judges it. */
function framesOf(bytes: Buffer): UploadRequest | undefined {
  // Every varint read below lies within these: what is shorter has no frames worth a short cut.
  if (bytes.length < FRAMES_HEADROOM) return undefined;
  const reader = new BinaryReader(bytes);
  reader.uint32();
  if (reader.uint32() !== reader.len - reader.pos) return undefined;
  let sequence = 0n;
  let tag = reader.uint32();
  if (tag === SEQUENCE) {
    sequence = BigInt(reader.uint64());
    tag = reader.uint32();
  }
  if (tag !== BYTES) return undefined;
  const frames = asBuffer(reader.bytes());
  if (reader.pos !== reader.len) return undefined;
  return { message: { $case: 'frames', value: { sequence, frames } } };
}
