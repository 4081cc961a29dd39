import { Buffer } from 'node:buffer';

/** Are bytes[start..end) all zero? True of the empty range. Almost always answered by the first byte. */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return true;
  if (bytes[start] !== 0) return false;
  // Every byte equals its neighbour: one native memcmp, whatever the alignment.
  return Buffer.compare(bytes.subarray(start, end - 1), bytes.subarray(start + 1, end)) === 0;
}
