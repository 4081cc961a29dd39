import { constants, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';

/** An extended attribute; POSIX ACLs are the attributes system.posix_acl_access and …_default. */
export interface ExtendedAttribute {
  name: Buffer;
  value: Buffer;
}

/**
 * What node:fs lacks, straight from libc. Nothing here follows a symbolic link in the last component. Paths are
 * bytes without a NUL. Every call throws an error with a `code` (ENOENT…) as node:fs does.
 * `available` is false where node:ffi or Linux is missing; then every call throws ENOSYS and callers report what
 * they could not keep.
 */
export interface Native {
  readonly available: boolean;
  /** Sets access and modification time to the nanosecond. */
  utimensat(path: Uint8Array, atimeNs: bigint, mtimeNs: bigint): void;
  /** All attributes, sorted by name; [] where the file system has none. */
  lgetxattrs(path: Uint8Array): ExtendedAttribute[];
  lsetxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array): void;
  lremovexattr(path: Uint8Array, name: Uint8Array): void;
  /** Swaps two names in one step (renameat2 RENAME_EXCHANGE). */
  renameExchange(a: Uint8Array, b: Uint8Array): void;
  /** Next data at or after `offset`, or undefined when only a hole follows. */
  seekData(fd: number, offset: number): number | undefined;
  /** Gives freed memory back to the kernel, which glibc keeps otherwise (malloc_trim). Nothing where there is none. */
  trimMemory(): void;
  /**
   * For a process that handles many megabyte-sized buffers in several threads: one heap for all threads, and big
   * blocks straight from the kernel (mallopt). Call it before any thread is started; nothing without glibc.
   */
  frugalMemory(): void;
}

type SystemError = Error & { code: string };
type Ffi = typeof import('node:ffi');

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const RENAME_EXCHANGE = 2;
const SEEK_DATA = 3;
const NANOS = 1_000_000_000n;
const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  6: 'ENXIO',
  7: 'E2BIG',
  13: 'EACCES',
  17: 'EEXIST',
  18: 'EXDEV',
  20: 'ENOTDIR',
  22: 'EINVAL',
  28: 'ENOSPC',
  30: 'EROFS',
  34: 'ERANGE',
  36: 'ENAMETOOLONG',
  38: 'ENOSYS',
  40: 'ELOOP',
  61: 'ENODATA',
  95: 'ENOTSUP',
};

let loaded: Native | undefined;

/** Loaded and self-tested at first use, once per thread. */
export const native: Native = {
  get available() {
    return load().available;
  },
  utimensat: (path, atimeNs, mtimeNs) => load().utimensat(path, atimeNs, mtimeNs),
  lgetxattrs: (path) => load().lgetxattrs(path),
  lsetxattr: (path, name, value) => load().lsetxattr(path, name, value),
  lremovexattr: (path, name) => load().lremovexattr(path, name),
  renameExchange: (a, b) => load().renameExchange(a, b),
  seekData: (fd, offset) => load().seekData(fd, offset),
  trimMemory: () => load().trimMemory(),
  frugalMemory: () => load().frugalMemory(),
};

function load(): Native {
  if (loaded !== undefined) return loaded;
  loaded = absent();
  try {
    const candidate = bind(process.getBuiltinModule('node:ffi'));
    if (selfTest(candidate)) loaded = candidate;
  } catch {
    // No node:ffi, no libc as we know it: the caller sees `available`, which is the point of it.
  }
  return loaded;
}

function absent(): Native {
  const refuse = (): never => {
    throw systemError(38, 'native call');
  };
  return {
    available: false,
    utimensat: refuse,
    lgetxattrs: refuse,
    lsetxattr: refuse,
    lremovexattr: refuse,
    renameExchange: refuse,
    seekData: refuse,
    trimMemory: () => undefined,
    frugalMemory: () => undefined,
  };
}

const M_MMAP_THRESHOLD = -3;
const M_ARENA_MAX = -8;
/** What is smaller lies in a heap that never shrinks past the last block still in use. */
const BIG_BLOCK = 256 * 1024;

/** What glibc alone has. */
function bindAllocator(ffi: Ffi): Pick<Native, 'trimMemory' | 'frugalMemory'> {
  try {
    const { functions: libc } = ffi.dlopen(null, {
      malloc_trim: { arguments: ['u64'], return: 'i32' },
      mallopt: { arguments: ['i32', 'i32'], return: 'i32' },
    });
    return {
      trimMemory: () => void libc.malloc_trim(0n),
      frugalMemory: () => {
        libc.mallopt(M_ARENA_MAX, 1);
        libc.mallopt(M_MMAP_THRESHOLD, BIG_BLOCK);
      },
    };
  } catch {
    return { trimMemory: () => undefined, frugalMemory: () => undefined }; // musl keeps little and has neither
  }
}

/** struct timespec and off_t are taken as two little-endian 64-bit words: true on every 64-bit Linux Node runs on. */
function bind(ffi: Ffi | undefined): Native {
  const sixtyFour = process.arch === 'x64' || process.arch === 'arm64';
  if (ffi === undefined || process.platform !== 'linux' || !sixtyFour || endianness() !== 'LE')
    return absent();
  const { functions: libc } = ffi.dlopen(null, {
    __errno_location: { arguments: [], return: 'pointer' },
    utimensat: { arguments: ['i32', 'buffer', 'buffer', 'i32'], return: 'i32' },
    llistxattr: { arguments: ['buffer', 'buffer', 'u64'], return: 'i64' },
    lgetxattr: { arguments: ['buffer', 'buffer', 'buffer', 'u64'], return: 'i64' },
    lsetxattr: { arguments: ['buffer', 'buffer', 'buffer', 'u64', 'i32'], return: 'i32' },
    lremovexattr: { arguments: ['buffer', 'buffer'], return: 'i32' },
    renameat2: { arguments: ['i32', 'buffer', 'i32', 'buffer', 'u32'], return: 'i32' },
    lseek: { arguments: ['i32', 'i64', 'i32'], return: 'i64' },
  });
  const errno = libc.__errno_location();
  const lastError = (call: string): SystemError => systemError(ffi.getInt32(errno), call);
  const times = Buffer.alloc(32);
  // Grown on ERANGE; the kernel's limits are 64 KiB for a list and for a value.
  let scratch = Buffer.alloc(4096);

  const sized = (call: string, run: () => bigint): number => {
    for (;;) {
      const length = run();
      if (length >= 0n) return Number(length);
      const error = lastError(call);
      if (error.code !== 'ERANGE' || scratch.length > 65_536) throw error;
      scratch = Buffer.alloc(scratch.length * 8);
    }
  };

  return {
    available: true,
    utimensat(path, atimeNs, mtimeNs) {
      writeTime(times, 0, atimeNs);
      writeTime(times, 16, mtimeNs);
      if (libc.utimensat(AT_FDCWD, terminated(path), times, AT_SYMLINK_NOFOLLOW) !== 0)
        throw lastError('utimensat');
    },
    lgetxattrs(path) {
      const file = terminated(path);
      let listed: number;
      try {
        listed = sized('llistxattr', () => libc.llistxattr(file, scratch, BigInt(scratch.length)));
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOTSUP') return [];
        throw error;
      }
      if (listed === 0) return [];
      const found: ExtendedAttribute[] = [];
      for (const name of splitNames(scratch.subarray(0, listed))) {
        try {
          const length = sized('lgetxattr', () =>
            libc.lgetxattr(file, terminated(name), scratch, BigInt(scratch.length)),
          );
          found.push({ name, value: Buffer.from(scratch.subarray(0, length)) });
        } catch (error) {
          // Removed between list and get.
          if ((error as { code?: string }).code !== 'ENODATA') throw error;
        }
      }
      return found.sort((a, b) => Buffer.compare(a.name, b.name));
    },
    lsetxattr(path, name, value) {
      // node:ffi takes no empty buffer; length 0 says it is empty.
      const bytes = value.length === 0 ? Buffer.alloc(1) : Buffer.from(value);
      if (libc.lsetxattr(terminated(path), terminated(name), bytes, BigInt(value.length), 0) !== 0) {
        throw lastError('lsetxattr');
      }
    },
    lremovexattr(path, name) {
      if (libc.lremovexattr(terminated(path), terminated(name)) !== 0) throw lastError('lremovexattr');
    },
    ...bindAllocator(ffi),
    renameExchange(a, b) {
      if (libc.renameat2(AT_FDCWD, terminated(a), AT_FDCWD, terminated(b), RENAME_EXCHANGE) !== 0) {
        throw lastError('renameat2');
      }
    },
    seekData(fd, offset) {
      const found = libc.lseek(fd, BigInt(offset), SEEK_DATA);
      if (found >= 0n) return Number(found);
      const error = lastError('lseek');
      if (error.code === 'ENXIO') return undefined;
      throw error;
    },
  };
}

function terminated(bytes: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(bytes.length + 1);
  result.set(bytes);
  result[bytes.length] = 0;
  if (result.indexOf(0) !== bytes.length) throw systemError(22, 'NUL in a path');
  return result;
}

function* splitNames(list: Buffer): Generator<Buffer> {
  const copy = Buffer.from(list);
  for (let start = 0; start < copy.length;) {
    const end = copy.indexOf(0, start);
    yield copy.subarray(start, end);
    start = end + 1;
  }
}

/** Seconds are floored, so that times before 1970 keep a nanosecond part of 0…999,999,999. */
function writeTime(target: Buffer, offset: number, timeNs: bigint): void {
  const nanos = ((timeNs % NANOS) + NANOS) % NANOS;
  target.writeBigInt64LE((timeNs - nanos) / NANOS, offset);
  target.writeBigInt64LE(nanos, offset + 8);
}

function systemError(errno: number, call: string): SystemError {
  const code = ERRNO_NAMES[errno] ?? `ERRNO_${errno}`;
  return Object.assign(new Error(`${code}: ${call}`), { code, errno: -errno, syscall: call });
}

/** Calls that must give known answers: exact nanoseconds on a file of our own, ENOENT for what is not there. */
function selfTest(candidate: Native): boolean {
  if (!candidate.available) return false;
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-native-'));
  try {
    const file = Buffer.from(join(directory, 'file'));
    writeFileSync(file, '', { flag: 'wx', mode: constants.S_IRUSR | constants.S_IWUSR });
    const expected = 1_234_567_890_123_456_789n;
    candidate.utimensat(file, expected, expected);
    if (lstatSync(file, { bigint: true }).mtimeNs !== expected) return false;
    candidate.lgetxattrs(file);
    try {
      candidate.utimensat(Buffer.from(join(directory, 'absent')), expected, expected);
      return false;
    } catch (error) {
      return (error as { code?: string }).code === 'ENOENT';
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
