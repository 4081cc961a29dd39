import { availableParallelism } from 'node:os';
import type { Losses, PlacedChunk, Stager, WrittenFile } from '@lifeboat/file-tree';
import { addLosses } from '@lifeboat/file-tree';
import { WorkerLane } from '@lifeboat/runtime';
import { CHUNKS_HEADROOM } from '@lifeboat/wire';
import type { ArrivedChunks } from './arrived-chunks.ts';
import type { ChunkFetcher } from './chunk-fetcher.ts';
import {
  portableFile,
  portableId,
  portablePlace,
  type ChunkToWrite,
  type ProveRequest,
  type WriteRequest,
} from './stage-messages.ts';

/** Files proved by one request: so many, or so many bytes. */
const PROVE_FILES = 256;
const PROVE_BYTES = 16 << 20;

export interface StageWorkersOptions {
  readonly idKey: Uint8Array;
  readonly fetcher: ChunkFetcher;
  /** Threads: one per core and two at most by default, for the portal still runs. */
  readonly size?: number;
}

/** The threads that write chunks and prove files: started when there is something to do, until `close`. */
export class StageWorkers {
  readonly #options: StageWorkersOptions;
  readonly #lanes: readonly WorkerLane[];

  constructor(options: StageWorkersOptions) {
    const { size = Math.min(2, availableParallelism()) } = options;
    // Beside this file, or beside the bundle that it has become a part of.
    const beside = import.meta.url.endsWith('.ts') ? './stage-worker.ts' : './stage-worker.mjs';
    const script = new URL(beside, import.meta.url);
    this.#options = options;
    this.#lanes = Array.from({ length: size }, () => new WorkerLane('stage worker', script));
  }

  /** `tree`: absolute byte path of the staged tree. */
  into(tree: string): Stager {
    return {
      write: async (chunks, onBytes) => this.#write(tree, chunks, onBytes),
      prove: async (files) => this.#prove(tree, files),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  async #write(
    tree: string,
    chunks: readonly PlacedChunk[],
    onBytes: (bytes: number) => void,
  ): Promise<Losses> {
    const { idKey, fetcher } = this.#options;
    const losses: Losses = new Map();
    await fetcher.fetchPacked(chunks, async (arrived) => {
      const toWrite = arrived.indexes.map((index, at) => toWriteOf(chunks[index]!, arrived, at));
      const data = ownMemory(arrived.data);
      addLosses(
        losses,
        await this.#ask({ tree, idKey, kind: 'write', chunks: toWrite, data }, [data.buffer]),
      );
      onBytes(arrived.rawLengths.reduce((sum, length) => sum + length, 0));
    });
    return losses;
  }

  async #prove(tree: string, files: readonly WrittenFile[]): Promise<Losses> {
    const { idKey } = this.#options;
    const losses: Losses = new Map();
    const proofs = inRequests(files).map(async (some) => {
      addLosses(losses, await this.#ask({ tree, idKey, kind: 'prove', files: some.map(portableFile) }));
    });
    await allEnded(proofs);
    return losses;
  }

  /** Whoever has least to do gets it. */
  #ask(request: WriteRequest | ProveRequest, transfer: ArrayBuffer[] = []): Promise<Losses> {
    const lane = this.#lanes.reduce((best, other) => (other.waiting < best.waiting ? other : best));
    return lane.request(request, transfer) as Promise<Losses>;
  }
}

function toWriteOf(
  { chunk, places }: PlacedChunk,
  { lengths, rawLengths }: ArrivedChunks,
  at: number,
): ChunkToWrite {
  return {
    id: portableId(chunk),
    length: lengths[at]!,
    rawLength: rawLengths[at]!,
    places: places.map(portablePlace),
  };
}

/**
 * A message's data is nearly all of its memory, which nobody looks at any more: that goes to the thread. Small ones lie
 * in memory that they share with others.
 */
function ownMemory(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength - length <= CHUNKS_HEADROOM;
  return isOwn && length > Buffer.poolSize
    ? new Uint8Array(buffer, byteOffset, length)
    : new Uint8Array(bytes);
}

function inRequests(files: readonly WrittenFile[]): WrittenFile[][] {
  const requests: WrittenFile[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    if (bytes >= PROVE_BYTES || requests.at(-1)?.length === PROVE_FILES) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)?.push(file);
    bytes += file.pieces.reduce((sum, { length }) => sum + length, 0);
  }
  return requests;
}

/** Waits for each, also where one fails; then fails with the first. */
async function allEnded(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
