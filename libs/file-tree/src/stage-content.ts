import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { isZero } from '@lifeboat/chunking';
import { LifeboatError } from '@lifeboat/kernel';
import type { ManifestEntry } from '@lifeboat/vault-format';
import type { Pace } from './stage-pace.ts';

/** One chunk of a file: where it belongs. */
export interface Piece {
  readonly chunk: Buffer;
  readonly offset: number;
  readonly length: number;
}

/** Whether these bytes are the chunk of that id. */
export type Matches = (chunk: Buffer, bytes: Uint8Array) => boolean;

/** Holes take no piece: they are where nothing is written. */
export function piecesOf(entry: ManifestEntry): Piece[] {
  const pieces: Piece[] = [];
  let offset = 0;
  for (const part of entry.content) {
    if ('hole' in part) {
      offset += part.hole;
    } else {
      pieces.push({ chunk: part.chunk, offset, length: part.length });
      offset += part.length;
    }
  }
  return pieces;
}

/** A seed that has gone wrong this often in a row will not help: its bytes have shifted. */
const HOPELESS = 16;

/**
 * Reads the pieces from a file and tells the ones that are not there. `onMatch` sees the bytes of each that is, valid
 * until it returns. With `giveUp`, a long run of misses ends the reading and the rest counts as missing.
 */
export async function missingPieces(
  fd: number,
  pieces: readonly Piece[],
  matches: Matches,
  pace: Pace,
  options: { onMatch?: (piece: Piece, bytes: Buffer) => void; giveUp?: boolean } = {},
): Promise<Piece[]> {
  const missing: Piece[] = [];
  const reader = new PieceReader(fd, matches);
  let misses = 0;
  for (const piece of pieces) {
    if (options.giveUp === true && misses >= HOPELESS) {
      missing.push(piece);
      continue;
    }
    const bytes = reader.read(piece);
    if (bytes !== undefined) {
      options.onMatch?.(piece, bytes);
      misses = 0;
    } else {
      missing.push(piece);
      misses += 1;
    }
    await pace.breathe();
  }
  return missing;
}

/** Reads pieces of a file into one buffer. */
export class PieceReader {
  readonly #fd: number;
  readonly #matches: Matches;
  #buffer = Buffer.alloc(0);

  constructor(fd: number, matches: Matches) {
    this.#fd = fd;
    this.#matches = matches;
  }

  /** The piece's bytes, valid until the next is read; undefined when others are there. */
  read(piece: Piece): Buffer | undefined {
    if (this.#buffer.length < piece.length) this.#buffer = Buffer.allocUnsafe(piece.length);
    const bytes = this.#buffer.subarray(0, piece.length);
    const isThere = readFully(this.#fd, bytes, piece.offset) && this.#matches(piece.chunk, bytes);
    return isThere ? bytes : undefined;
  }
}

/** False when the file ends before. */
export function readFully(fd: number, target: Buffer, offset: number): boolean {
  for (let done = 0; done < target.length;) {
    const read = readSync(fd, target, done, target.length - done, offset + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}

export function writeFully(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;) {
    const wrote = writeSync(fd, bytes, done, bytes.length - done, offset + done);
    if (wrote === 0) throw new LifeboatError('NO_SPACE', 'the file system takes no more bytes');
    done += wrote;
  }
}

/** File systems allocate by blocks of this size, or of a multiple of it. */
const BLOCK = 4096;

/**
 * Writes into a file that is still a hole there: blocks of zeros stay unwritten, so that a hole too small to show in
 * the manifest (it lies within a chunk) comes back as one. Returns where in `bytes` the last written one ends.
 */
export function writeSparsely(fd: number, bytes: Uint8Array, offset: number): number {
  let start = 0;
  let written = 0;
  const writeUpTo = (end: number): void => {
    if (end <= start) return;
    writeFully(fd, bytes.subarray(start, end), offset + start);
    written = end;
  };
  // Aligned to the file, not to the chunk: the first and the last piece may be part of a block.
  for (let at = 0, end = BLOCK - (offset % BLOCK); at < bytes.length; at = end, end += BLOCK) {
    const stop = Math.min(end, bytes.length);
    if (!isZero(bytes, at, stop)) continue;
    writeUpTo(at);
    start = stop;
  }
  writeUpTo(bytes.length);
  return written;
}

/** Never follows a link in the last component, never waits for a pipe's other end. */
export const CAREFUL = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function withFile<T>(path: string | Buffer, flags: number, use: (fd: number) => T): T {
  const fd = openSync(path, flags | CAREFUL, 0o600);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

export async function withOpen<T>(
  path: string | Buffer,
  flags: number,
  use: (fd: number) => Promise<T>,
): Promise<T> {
  const fd = openSync(path, flags | CAREFUL, 0o600);
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}
