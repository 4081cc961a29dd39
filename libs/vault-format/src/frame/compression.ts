import { Buffer } from 'node:buffer';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { damaged } from '../bytes/damaged.ts';

export const DEFAULT_LEVEL = 3;

/** Below this a zstd frame's own header eats the gain. */
const WORTH_TRYING = 64;
/** From here on a sample is tried first: it costs a sixteenth or less of what it may save. */
const WORTH_SAMPLING = 256 * 1024;
const SAMPLES = 4;
const SAMPLE_LENGTH = 16 * 1024;
/** A sample that keeps more than this share of its length will not pay. */
const HOPELESS = 0.97;

/** A hostile frame may claim a window of any size; no chunk needs more than its own 4 MiB. */
const WINDOW_LOG = 22;

/** The zstd frame of `raw`, or undefined when it would not be smaller (or most likely not). */
export function compress(raw: Uint8Array, level: number = DEFAULT_LEVEL): Buffer | undefined {
  if (raw.length < WORTH_TRYING) return undefined;
  if (raw.length >= WORTH_SAMPLING && looksIncompressible(raw)) return undefined;
  const packed = zstd(raw, level);
  return packed.length < raw.length ? packed : undefined;
}

/** Throws FORMAT_DAMAGED unless `packed` is a zstd frame of exactly `rawLength` bytes; never allocates more. */
export function decompress(packed: Uint8Array, rawLength: number): Buffer {
  let raw: Buffer;
  try {
    raw = zstdDecompressSync(packed, {
      maxOutputLength: Math.max(rawLength, 1),
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    });
  } catch (error) {
    throw damaged('compressed bytes cannot be expanded to their length', error);
  }
  if (raw.length !== rawLength) throw damaged('compressed bytes expand to another length');
  return raw;
}

/** zstd's own bound for bytes that do not shrink is a little more than their length; node:zlib wants 64 at least. */
const SLACK = 1024;

function zstd(raw: Uint8Array, level: number): Buffer {
  return zstdCompressSync(raw, {
    // A known size lets zstd choose smaller tables: a quarter less time for small files.
    pledgedSrcSize: raw.length,
    // One piece of output: by default it comes in pieces of 16 KiB that are copied together at the end.
    chunkSize: raw.length + SLACK,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });
}

function looksIncompressible(raw: Uint8Array): boolean {
  const stride = Math.floor(raw.length / SAMPLES);
  const sample = Buffer.allocUnsafe(SAMPLES * SAMPLE_LENGTH);
  for (let i = 0; i < SAMPLES; i++) {
    sample.set(raw.subarray(i * stride, i * stride + SAMPLE_LENGTH), i * SAMPLE_LENGTH);
  }
  return zstd(sample, 1).length > sample.length * HOPELESS;
}
