import { Buffer } from 'node:buffer';
import type { ZstdCodec } from '@lifeboat/vault-format';

/**
 * The zstd that is built into Node, through node:ffi: two contexts that are used again, output straight into the
 * caller's buffer. node:zlib makes a stream, a context and an output buffer for every call: twice the time for small
 * files, and garbage outside V8's heap that costs a collection every few megabytes.
 *
 * @returns undefined where node:ffi or the functions are missing: then node:zlib does the same, only slower
 */
export function reusableZstd(): ZstdCodec | undefined {
  try {
    const codec = bind();
    return selfTest(codec) ? codec : undefined;
  } catch {
    return undefined; // an experimental module, or a Node built without these symbols: that is what we were asked
  }
}

function bind(): ZstdCodec {
  const ffi = process.getBuiltinModule('node:ffi');
  const { functions: zstd } = ffi.dlopen(null, {
    ZSTD_createCCtx: { arguments: [], return: 'pointer' },
    ZSTD_createDCtx: { arguments: [], return: 'pointer' },
    ZSTD_compressCCtx: { arguments: ['pointer', 'buffer', 'u64', 'buffer', 'u64', 'i32'], return: 'u64' },
    ZSTD_decompressDCtx: { arguments: ['pointer', 'buffer', 'u64', 'buffer', 'u64'], return: 'u64' },
    ZSTD_isError: { arguments: ['u64'], return: 'u32' },
    ZSTD_getErrorCode: { arguments: ['u64'], return: 'u32' },
  });
  const compressor = zstd.ZSTD_createCCtx();
  const decompressor = zstd.ZSTD_createDCtx();
  const fail = (result: bigint): never => {
    throw new Error(`zstd refuses: error ${zstd.ZSTD_getErrorCode(result)}`);
  };
  return {
    compress(raw, target, level) {
      const length = zstd.ZSTD_compressCCtx(
        compressor,
        target,
        BigInt(target.length),
        raw,
        BigInt(raw.length),
        level,
      );
      if (zstd.ZSTD_isError(length) === 0) return Number(length);
      return zstd.ZSTD_getErrorCode(length) === TARGET_TOO_SMALL ? undefined : fail(length);
    },
    decompress(packed, rawLength) {
      const raw = Buffer.allocUnsafe(Math.max(rawLength, 1));
      const length = zstd.ZSTD_decompressDCtx(
        decompressor,
        raw,
        BigInt(rawLength),
        packed,
        BigInt(packed.length),
      );
      if (zstd.ZSTD_isError(length) !== 0) fail(length);
      return raw.subarray(0, Number(length));
    },
  };
}

/** ZSTD_error_dstSize_tooSmall. */
const TARGET_TOO_SMALL = 70;

function selfTest(codec: ZstdCodec): boolean {
  const raw = Buffer.alloc(10_000, 'the same again ');
  const room = Buffer.alloc(raw.length + 1);
  // Written behind an offset: a view's own begin must be respected.
  const length = codec.compress(raw, room.subarray(1), 3);
  if (length === undefined || length > 100 || room[0] !== 0) return false;
  return codec.decompress(room.subarray(1, 1 + length), raw.length).equals(raw);
}
