import {
  proveFile,
  writeChunk,
  type Losses,
  type Matches,
  type PlacedChunk,
  type Stager,
  type WrittenFile,
} from '@lifeboat/file-tree';
import { CHUNK_ID_LENGTH, LifeboatError } from '@lifeboat/kernel';
import { computeChunkId } from '@lifeboat/vault-format';
import type { OfflineCluster } from '@lifeboat/vault/offline';

/** Reads chunks from the vault itself and writes them on this thread: nothing else waits for it. */
export class OfflineStager implements Stager {
  readonly #cluster: OfflineCluster;
  readonly #tree: string;

  /** `tree`: absolute byte path of the staged tree. */
  constructor(cluster: OfflineCluster, tree: string) {
    this.#cluster = cluster;
    this.#tree = tree;
  }

  async write(chunks: readonly PlacedChunk[], onBytes: (bytes: number) => void): Promise<Losses> {
    const losses: Losses = new Map();
    const ids = Buffer.concat(
      chunks.map(({ chunk }) => chunk),
      chunks.length * CHUNK_ID_LENGTH,
    );
    await this.#cluster.readChunks(ids, (index, raw) => {
      const { chunk, length, places } = chunks[index]!;
      if (raw.length !== length) throw otherLength(chunk, raw.length, length);
      writeChunk(this.#tree, raw, places, losses);
      onBytes(length);
    });
    return losses;
  }

  async prove(files: readonly WrittenFile[]): Promise<Losses> {
    const losses: Losses = new Map();
    const matches: Matches = (chunk, bytes) =>
      computeChunkId(this.#cluster.idKey, 'data', bytes).equals(chunk);
    for (const file of files) proveFile(this.#tree, file, matches, losses);
    return losses;
  }
}

function otherLength(chunk: Buffer, found: number, expected: number): LifeboatError {
  return new LifeboatError(
    'FORMAT_DAMAGED',
    `chunk ${chunk.toString('hex')} has ${found} bytes, the manifest says ${expected}`,
  );
}
