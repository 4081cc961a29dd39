import type { BytePath } from './byte-path.ts';
import type { Piece } from './stage-content.ts';
import type { Losses, Metadata } from './stage-metadata.ts';

/** Where a chunk belongs in a staged tree. */
export interface ChunkPlace {
  /** Relative to the tree. */
  readonly path: BytePath;
  readonly offset: number;
  /** The file was made in this run: a hole wherever nothing has been written yet. */
  readonly isFresh: boolean;
  /** The chunk is the whole file, which is not there yet: it is made, proved and given this. */
  readonly whole?: Metadata | undefined;
}

/** A chunk and everything it is needed for. */
export interface PlacedChunk {
  readonly chunk: Buffer;
  readonly length: number;
  readonly places: readonly ChunkPlace[];
}

/** A file that has all its chunks and is to be proved. */
export interface WrittenFile {
  /** Relative to the tree. */
  readonly path: BytePath;
  readonly pieces: readonly Piece[];
  readonly metadata: Metadata;
}

/**
 * Brings bytes into staged files. Whatever is under way has ended when a promise settles, also by a rejection: the
 * stage may be removed then.
 */
export interface Stager {
  /** Each chunk once, in any order; `onBytes` hears the length of each that was written. VERIFY_MISMATCH. */
  write(chunks: readonly PlacedChunk[], onBytes: (bytes: number) => void): Promise<Losses>;
  /** Reads the files back, then gives them their metadata. VERIFY_MISMATCH. */
  prove(files: readonly WrittenFile[]): Promise<Losses>;
}
