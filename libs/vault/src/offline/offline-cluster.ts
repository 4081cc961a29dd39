import type { ClusterId } from '@lifeboat/kernel';
import type { ManifestEntry, ManifestRoot } from '@lifeboat/vault-format';
import type { ReadParts } from '../parts.ts';
import { ClosureCheck, type Closure } from '../read/closure.ts';
import { readChunks, type OnChunk } from '../read/read-chunks.ts';
import { readManifest, readManifestRoot } from '../read/read-manifest.ts';
import type { ChunkIndex } from './chunk-index.ts';

/** One cluster's chunks in a vault that is read without a server. */
export class OfflineCluster {
  readonly #parts: ReadParts;
  readonly #cluster: ClusterId;
  readonly #index: ChunkIndex;

  constructor(parts: ReadParts, cluster: ClusterId, index: ChunkIndex) {
    this.#parts = parts;
    this.#cluster = cluster;
    this.#index = index;
  }

  /** The key under which a chunk's bytes are its id: to verify what was written. */
  get idKey(): Uint8Array {
    return this.#parts.keyRing.clusterKeys(this.#cluster).idKey;
  }

  manifestRoot(root: Buffer): Promise<ManifestRoot> {
    return readManifestRoot(this.#parts, this.#cluster, root);
  }

  /** Entries in path order; memory does not grow with the manifest. */
  manifest(root: Buffer): AsyncGenerator<ManifestEntry> {
    return readManifest(this.#parts, this.#cluster, root);
  }

  /** In the order in which they lie in the packs; each is verified. CHUNK_MISSING, FORMAT_DAMAGED (naming pack and byte). */
  readChunks(ids: Buffer, onChunk: OnChunk): Promise<void> {
    return readChunks(this.#parts, this.#cluster, ids, onChunk);
  }

  /** CLOSURE_BROKEN names the tree and the first file that lacks bytes. */
  assertClosure(roots: readonly Buffer[]): Promise<Closure> {
    const findMissing = async (_: ClusterId, ids: Buffer): Promise<number | undefined> => {
      const place = this.#index.locate(ids).indexOf(undefined);
      return place === -1 ? undefined : place;
    };
    return new ClosureCheck(this.#parts, findMissing).assert(this.#cluster, roots);
  }

  get chunks(): number {
    return this.#index.chunks;
  }

  close(): void {
    this.#index.close();
  }
}
