import { closeSync, constants, ftruncateSync, openSync } from 'node:fs';
import { LifeboatError } from '@lifeboat/kernel';
import { displayPath, forFileSystem, type BytePath } from './byte-path.ts';
import {
  CAREFUL,
  PieceReader,
  readFully,
  withFile,
  writeFully,
  writeSparsely,
  type Matches,
} from './stage-content.ts';
import { applyMetadata, countLost, type Losses } from './stage-metadata.ts';
import type { ChunkPlace, WrittenFile } from './stager.ts';

/** Writes one chunk everywhere it belongs in the tree. VERIFY_MISMATCH for a whole file that reads back other. */
export function writeChunk(
  tree: BytePath,
  bytes: Uint8Array,
  places: readonly ChunkPlace[],
  losses: Losses,
): void {
  for (const place of places) {
    if (place.whole !== undefined) {
      writeWhole(`${tree}/${place.path}`, bytes, place);
      applyMetadata(`${tree}/${place.path}`, 'file', place.whole, (what) => countLost(losses, what));
      continue;
    }
    const write = place.isFresh ? writeSparsely : writeFully;
    withFile(forFileSystem(`${tree}/${place.path}`), constants.O_WRONLY, (fd) =>
      write(fd, bytes, place.offset),
    );
  }
}

/** Reads every piece of the file back and identifies it, then gives the file its metadata. VERIFY_MISMATCH. */
export function proveFile(tree: BytePath, file: WrittenFile, matches: Matches, losses: Losses): void {
  const location = `${tree}/${file.path}`;
  const wrong = withFile(forFileSystem(location), constants.O_RDONLY, (fd) => {
    const reader = new PieceReader(fd, matches);
    return file.pieces.filter((piece) => reader.read(piece) === undefined);
  });
  if (wrong.length > 0) throw notAsWritten(file.path, wrong.length);
  applyMetadata(location, 'file', file.metadata, (what) => countLost(losses, what));
}

let readBack = Buffer.alloc(0);

function writeWhole(location: BytePath, bytes: Uint8Array, place: ChunkPlace): void {
  const fd = openSync(
    forFileSystem(location),
    constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | CAREFUL,
    0o600,
  );
  try {
    // Blocks of zeros at its end are not written.
    if (writeSparsely(fd, bytes, 0) < bytes.length) ftruncateSync(fd, bytes.length);
    if (readBack.length < bytes.length) readBack = Buffer.allocUnsafeSlow(bytes.length);
    const read = readBack.subarray(0, bytes.length);
    // The bytes were identified before: to be the same is to be the chunk.
    if (!readFully(fd, read, 0) || Buffer.compare(read, bytes) !== 0) throw notAsWritten(place.path, 1);
  } finally {
    closeSync(fd);
  }
}

function notAsWritten(path: BytePath, pieces: number): LifeboatError {
  return new LifeboatError(
    'VERIFY_MISMATCH',
    `${JSON.stringify(displayPath(path))} reads back other than it was written (${pieces} chunks)`,
    { guidance: 'The disk or memory of this host is failing; nothing live has been changed.' },
  );
}
