import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { fromErrorReport, invariant, LifeboatError, messageOf } from '@lifeboat/kernel';
import type { WorkerReply, WorkerRequest, WorkerValues } from './worker-messages.ts';

export interface WorkerPoolOptions {
  /** Where the worker's code lies when it was bundled; by default worker.ts beside this file. */
  script?: URL;
}

type Kind = WorkerRequest['kind'];
type RequestOf<K extends Kind> = Omit<Extract<WorkerRequest, { kind: K }>, 'kind' | 'request'>;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

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

/** One worker thread. A dead thread (out of memory) fails what it had; the next request starts a new one. */
export class Lane {
  readonly #script: URL;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextRequest = 0;
  #load = 0;
  #closed = false;

  constructor(script: URL) {
    this.#script = script;
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
    invariant(!this.#closed, 'the worker pool is closed');
    const request = this.#nextRequest++;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ ...message, kind, request }, transfer);
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** A buffer that came from this lane and is of no more use here. */
  giveBack(buffer: Uint8Array): void {
    if (this.#closed) return;
    // To a thread that died meanwhile it is of no use either.
    this.request('recycle', { buffer }, [buffer.buffer as ArrayBuffer]).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    // Its objects are few and short-lived: a larger young generation only grows the process. The flag counts for
    // threads started from now on; resourceLimits would yield to the one that the program was started with.
    setFlagsFromString('--max-semi-space-size=1');
    const worker = new Worker(this.#script, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`exit code ${code}`)));
    return worker;
  }

  #settle(reply: WorkerReply): void {
    const waiting = this.#waiting.get(reply.request);
    invariant(waiting !== undefined, 'a worker answered twice');
    this.#waiting.delete(reply.request);
    // An idle worker must not keep the process alive.
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (reply.ok) waiting.resolve(reply.value);
    else waiting.reject(fromErrorReport(reply.error));
  }

  #lose(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of lost) {
      waiting.reject(
        new LifeboatError('INTERNAL', `a capture worker died: ${messageOf(error)}`, { cause: error }),
      );
    }
  }
}
