import { crc32 } from 'node:zlib';

/** Writes the CRC-32 of `bytes` before `at` at that place, if they reach so far. */
export function mendCrc(bytes: Buffer, at: number): Buffer {
  if (bytes.length >= at + 4) bytes.writeUInt32BE(crc32(bytes.subarray(0, at)), at);
  return bytes;
}
