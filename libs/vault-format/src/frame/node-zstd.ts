import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ZstdCodec } from './zstd-codec.ts';

/** A hostile frame may claim a window of any size; no chunk needs more than its own 4 MiB. */
const WINDOW_LOG = 22;
/** zstd's own bound for bytes that do not shrink is a little more than their length; node:zlib wants 64 at least. */
const SLACK = 1024;

/** What node:zlib has: a context and a stream object for every call. */
export const nodeZstd: ZstdCodec = {
  compress(raw, target, level) {
    const packed = zstdCompressSync(raw, {
      // A known size lets zstd choose smaller tables: a quarter less time for small files.
      pledgedSrcSize: raw.length,
      // One piece of output: by default it comes in pieces of 16 KiB that are copied together at the end.
      chunkSize: raw.length + SLACK,
      params: { [constants.ZSTD_c_compressionLevel]: level },
    });
    if (packed.length > target.length) return undefined;
    target.set(packed);
    return packed.length;
  },
  decompress(packed, rawLength) {
    return zstdDecompressSync(packed, {
      maxOutputLength: Math.max(rawLength, 1),
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    });
  },
};
