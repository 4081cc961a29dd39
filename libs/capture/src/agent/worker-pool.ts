import { availableParallelism } from 'node:os';
import { WorkerLane } from '@lifeboat/runtime';
import type { WorkerRequest, WorkerValues } from './worker-messages.ts';

export interface WorkerPoolOptions {
  /** Where the worker's code lies when it was bundled; by default worker.ts beside this file. */
  script?: URL;
}

type Kind = WorkerRequest['kind'];
type RequestOf<K extends Kind> = Omit<Extract<WorkerRequest, { kind: K }>, 'kind' | 'request'>;

let nextJob = 1;

/** A number for a job, unique among all lanes. */
export function newJob(): number {
  return nextJob++;
}

/**
 * The worker threads that read, cut and seal; shared by all captures of the process. One per core and two at most
 * by default: two keep a gigabit busy, and the portal needs the other cores.
 */
export class WorkerPool {
  readonly lanes: readonly Lane[];

  constructor(size = Math.min(2, availableParallelism()), options: WorkerPoolOptions = {}) {
    // Beside this file, or beside the bundle that it has become a part of.
    const beside = import.meta.url.endsWith('.ts') ? './worker.ts' : './capture-worker.mjs';
    const script = options.script ?? new URL(beside, import.meta.url);
    this.lanes = Array.from({ length: size }, () => new Lane(script));
  }

  /** The lane with the least work before it. */
  freest(): Lane {
    return this.lanes.reduce((best, lane) => (lane.load < best.load ? lane : best));
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }
}

/** One worker thread, and what it has to do. */
export class Lane {
  readonly #thread: WorkerLane;
  #load = 0;

  constructor(script: URL) {
    this.#thread = new WorkerLane('capture worker', script);
  }

  /** Bytes of the jobs that were given to this lane and are not sealed or dropped. */
  get load(): number {
    return this.#load;
  }

  /** Counts `bytes` as this lane's load until the returned function is called. */
  occupy(bytes: number): () => void {
    this.#load += bytes;
    return () => {
      this.#load -= bytes;
    };
  }

  request<K extends Kind>(
    kind: K,
    message: RequestOf<K>,
    transfer: ArrayBuffer[] = [],
  ): Promise<WorkerValues[K]> {
    return this.#thread.request({ ...message, kind }, transfer) as Promise<WorkerValues[K]>;
  }

  /** A buffer that came from this lane and is of no more use here. */
  giveBack(buffer: Uint8Array): void {
    if (this.#thread.isClosed) return;
    // To a thread that died meanwhile it is of no use either.
    this.request('recycle', { buffer }, [buffer.buffer as ArrayBuffer]).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
