import type { Buffer } from 'node:buffer';

/**
 * zstd, one whole frame at a time. What is stored does not depend on whose it is: every implementation reads what
 * every other has written. `nodeZstd` is always there; one with contexts of its own costs half the time.
 */
export interface ZstdCodec {
  /** Length of the zstd frame written to the begin of `target`; undefined when it does not fit there. */
  compress(raw: Uint8Array, target: Uint8Array, level: number): number | undefined;
  /**
   * The bytes of a frame that holds exactly `rawLength`; never allocates more. With a `target` that is as long they may
   * lie there. Throws an Error of any kind.
   */
  decompress(packed: Uint8Array, rawLength: number, target?: Buffer): Buffer;
}
