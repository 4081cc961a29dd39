import type { Readable } from 'node:stream';

/** Bytes in memory, or a finished file that the store takes over: it is gone from its old place afterwards. */
export type BlobSource = Buffer | { readonly file: string };

export interface BlobEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Where a vault keeps its bytes: immutable blobs under unique names.
 *
 * What any implementation guarantees (`@lifeboat/blob-store/conformance` checks it):
 * - a blob is seen whole or not at all, also after a crash in the middle of `put`;
 * - `put` has made it durable when it resolves, and never replaces one (BLOB_EXISTS);
 * - reading what is not there is BLOB_NOT_FOUND, never empty bytes;
 * - a full store is VAULT_FULL, and works again once space is freed.
 * What it does not promise: order between concurrent puts, cheap listing; a listing that shows at once what was just
 * put (`size` and `get` never lag); refusing a second put of a name where another process writes at the same time (S3
 * stores without conditional puts: whoever uses the store must be alone).
 */
export interface BlobStore {
  put(name: string, source: BlobSource): Promise<void>;
  get(name: string): Promise<Buffer>;
  /** Up to `length` bytes from `offset`; fewer only where the blob ends. With an `into` that is as long they may lie there. */
  read(name: string, offset: number, length: number, into?: Buffer): Promise<Buffer>;
  /** Bytes, or undefined when there is no such blob. */
  size(name: string): Promise<number | undefined>;
  /** Every blob whose name begins with `prefix` ('' = all), in name order. */
  list(prefix: string): AsyncIterable<BlobEntry>;
  /** Deleting what is not there is not an error: deletions are repeated after a crash. */
  delete(name: string): Promise<void>;
  stream(name: string): Readable;
  /** Path of the file in which the blob lies, there or not; only of stores whose blobs are files. */
  fileOf?(name: string): string;
}
