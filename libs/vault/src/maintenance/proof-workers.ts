import { availableParallelism } from 'node:os';
import { LifeboatError } from '@lifeboat/kernel';
import { Semaphore } from '@lifeboat/runtime';
import { ProofLane, type PackToVerify } from './proof-lane.ts';
import type { PackVerdict } from './verify-pack-bytes.ts';

export interface ProofWorkersOptions {
  /** Packs read at once: half the cores by default. */
  readonly size?: number;
  /** The worker's code; by default proof-worker.ts beside this file, or beside the bundle that it has become a part of. */
  readonly script?: URL;
}

/** The threads that read packs back: started when there is something to read, until `end`. */
export class ProofWorkers {
  readonly size: number;
  readonly #room: Semaphore;
  readonly #idle: ProofLane[];
  readonly #lanes: readonly ProofLane[];

  constructor(options: ProofWorkersOptions = {}) {
    const beside = import.meta.url.endsWith('.ts') ? './proof-worker.ts' : './proof-worker.mjs';
    this.size = options.size ?? Math.max(1, Math.floor(availableParallelism() / 2));
    const script = options.script ?? new URL(beside, import.meta.url);
    this.#room = new Semaphore(this.size);
    this.#lanes = Array.from({ length: this.size }, () => new ProofLane(script));
    this.#idle = [...this.#lanes];
  }

  /** Waits for a thread that is free. INTERNAL when it dies; what the pack's bytes or keys could not be got for. */
  async verify(pack: PackToVerify): Promise<PackVerdict> {
    return this.#room.run(async () => {
      const lane = this.#idle.pop() as ProofLane;
      try {
        return await lane.verify(pack);
      } finally {
        this.#idle.push(lane);
      }
    });
  }

  /** What is being read fails with CANCELLED; the next pack starts threads anew. */
  async end(): Promise<void> {
    const reason = new LifeboatError('CANCELLED', 'the proof was ended');
    await Promise.all(this.#lanes.map((lane) => lane.end(reason)));
  }
}
