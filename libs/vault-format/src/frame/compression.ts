import type { Buffer } from 'node:buffer';
import { damaged } from '../bytes/damaged.ts';
import { nodeZstd } from './node-zstd.ts';
import type { ZstdCodec } from './zstd-codec.ts';

export const DEFAULT_LEVEL = 3;

/** Below this a zstd frame's own header eats the gain. */
const WORTH_TRYING = 64;
/** From here on a sample is tried first: it costs a sixteenth or less of what it may save. */
const WORTH_SAMPLING = 256 * 1024;
const SAMPLES = 4;
const SAMPLE_LENGTH = 16 * 1024;
/** A sample that keeps more than this share of its length will not pay. */
const HOPELESS = 0.97;

/**
 * Writes the zstd frame of `raw` to the begin of `target` (at least as long as `raw`).
 *
 * @returns the frame's length; undefined when it would not be smaller than `raw`, or most likely not
 */
export function compress(
  raw: Uint8Array,
  target: Uint8Array,
  level: number,
  codec: ZstdCodec,
): number | undefined {
  if (raw.length < WORTH_TRYING) return undefined;
  if (raw.length >= WORTH_SAMPLING && looksIncompressible(raw, target, codec)) return undefined;
  return codec.compress(raw, target.subarray(0, raw.length - 1), level);
}

/** Throws FORMAT_DAMAGED unless `packed` is a zstd frame of exactly `rawLength` bytes; never allocates more. */
export function decompress(
  packed: Uint8Array,
  rawLength: number,
  codec: ZstdCodec = nodeZstd,
  target?: Buffer,
): Buffer {
  let raw: Buffer;
  try {
    raw = codec.decompress(packed, rawLength, target);
  } catch (error) {
    throw damaged('compressed bytes cannot be expanded to their length', error);
  }
  if (raw.length !== rawLength) throw damaged('compressed bytes expand to another length');
  return raw;
}

/** `room` is written to: a sample of the bytes, and behind it what they are compressed to. */
function looksIncompressible(raw: Uint8Array, room: Uint8Array, codec: ZstdCodec): boolean {
  const stride = Math.floor(raw.length / SAMPLES);
  const sample = room.subarray(0, SAMPLES * SAMPLE_LENGTH);
  for (let i = 0; i < SAMPLES; i++) {
    sample.set(raw.subarray(i * stride, i * stride + SAMPLE_LENGTH), i * SAMPLE_LENGTH);
  }
  const worthwhile = room.subarray(sample.length, sample.length + Math.floor(sample.length * HOPELESS));
  return codec.compress(sample, worthwhile, 1) === undefined;
}
