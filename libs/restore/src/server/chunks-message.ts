import type { PackedChunk } from '@lifeboat/vault-format';
import type { DownloadResponse } from '@lifeboat/wire';

/** A message costs as much as some ten chunks of a small file: they travel together up to this size. */
const MESSAGE_BYTES = 1 << 20;

/** Collects the chunks of one want for the messages that carry them. */
export class ChunksMessage {
  readonly #sequence: bigint;
  #indexes: number[] = [];
  #chunks: PackedChunk[] = [];
  #bytes = 0;

  constructor(sequence: bigint) {
    this.#sequence = sequence;
  }

  /** A chunk alone always has room. */
  hasRoomFor({ packed }: PackedChunk): boolean {
    return this.#indexes.length === 0 || this.#bytes + packed.length <= MESSAGE_BYTES;
  }

  add(index: number, chunk: PackedChunk): void {
    this.#indexes.push(index);
    this.#chunks.push(chunk);
    this.#bytes += chunk.packed.length;
  }

  /** What was added since the last one. */
  take(): DownloadResponse {
    const [indexes, chunks] = [this.#indexes, this.#chunks];
    const value = {
      sequence: this.#sequence,
      indexes,
      lengths: chunks.map(({ packed }) => packed.length),
      rawLengths: chunks.map(({ rawLength }) => rawLength),
      data: Buffer.concat(
        chunks.map(({ packed }) => packed),
        this.#bytes,
      ),
    };
    [this.#indexes, this.#chunks, this.#bytes] = [[], [], 0];
    return { message: { $case: 'chunks', value } };
  }
}
