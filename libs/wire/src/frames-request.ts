import { Buffer } from 'node:buffer';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { UploadRequest } from './generated/lifeboat/v1/transfer.ts';

/** Field numbers of transfer.proto, with their wire types: varint 0, length-delimited 2. */
const FRAMES = (3 << 3) | 2;
const SEQUENCE = (1 << 3) | 0;
const BYTES = (2 << 3) | 2;

/**
 * An UploadRequest as it goes over the wire: what the generated encoder makes, but a megabyte of frames is copied
 * once and not once for every level of nesting. These messages are nearly all the bytes that agents send.
 */
export function encodeUploadRequest(request: UploadRequest): Buffer {
  const { message } = request;
  if (message?.$case !== 'frames' || message.value.frames.length === 0)
    return asBuffer(UploadRequest.encode(request).finish());
  const { sequence, frames } = message.value;
  const inner = new BinaryWriter();
  if (sequence !== 0n) inner.uint32(SEQUENCE).uint64(sequence);
  const innerHead = inner.uint32(BYTES).uint32(frames.length).finish();
  const head = new BinaryWriter()
    .uint32(FRAMES)
    .uint32(innerHead.length + frames.length)
    .raw(innerHead)
    .finish();
  return Buffer.concat([head, frames]);
}

/** The frames are a view of `bytes`; everything else is as the generated decoder gives it. */
export function decodeUploadRequest(bytes: Buffer): UploadRequest {
  const frames = bytes[0] === FRAMES ? framesOf(bytes) : undefined;
  return frames ?? UploadRequest.decode(bytes);
}

/** Undefined for anything but exactly what `encodeUploadRequest` writes: then the generated decoder judges it. */
function framesOf(bytes: Buffer): UploadRequest | undefined {
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

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
