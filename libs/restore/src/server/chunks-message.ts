import type { SealedChunk } from '@lifeboat/vault';
import { CHUNKS_HEADROOM, chunksInPlace, type EncodedDownloadResponse } from '@lifeboat/wire';

/**
 * A message costs as much as some ten chunks of a small file, so these travel together; above 256 KiB the allocator asks
 * the kernel for every buffer on the message's way, which costs more than that.
 */
const MESSAGE_BYTES = 192 * 1024;
/** Buffers of a message, and how many free ones are worth keeping. */
export const MESSAGE_BUFFERS = { length: CHUNKS_HEADROOM + MESSAGE_BYTES, kept: 8 } as const;

/** Collects the chunks of one want for a message, decrypted to where they are sent from. */
export class ChunksMessage {
  readonly #sequence: bigint;
  readonly #buffer: Buffer;
  readonly #indexes: number[] = [];
  readonly #lengths: number[] = [];
  readonly #rawLengths: number[] = [];
  #bytes = 0;

  /** `buffer`: has room for the chunks behind CHUNKS_HEADROOM. */
  constructor(sequence: bigint, buffer: Buffer) {
    this.#sequence = sequence;
    this.#buffer = buffer;
  }

  hasRoomFor({ length }: SealedChunk): boolean {
    return CHUNKS_HEADROOM + this.#bytes + length <= this.#buffer.length;
  }

  add(index: number, chunk: SealedChunk): void {
    chunk.unseal(this.#buffer.subarray(CHUNKS_HEADROOM + this.#bytes));
    this.#indexes.push(index);
    this.#lengths.push(chunk.length);
    this.#rawLengths.push(chunk.rawLength);
    this.#bytes += chunk.length;
  }

  encoded(): EncodedDownloadResponse {
    return chunksInPlace(this.#buffer, this.#bytes, {
      sequence: this.#sequence,
      indexes: this.#indexes,
      lengths: this.#lengths,
      rawLengths: this.#rawLengths,
    });
  }
}
