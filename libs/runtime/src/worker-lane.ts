import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { fromErrorReport, invariant, LifeboatError, messageOf, type ErrorReport } from '@lifeboat/kernel';

/** A worker answers each request once, under its number. */
export type LaneReply = { request: number } & (
  { ok: true; value: unknown } | { ok: false; error: ErrorReport }
);

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One worker thread. A dead thread (out of memory) fails what it had; the next request starts a new one. */
export class WorkerLane {
  readonly #name: string;
  readonly #script: URL;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextRequest = 0;
  #closed = false;

  /** `name`: what a message about its death calls it. */
  constructor(name: string, script: URL) {
    this.#name = name;
    this.#script = script;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Requests that are not answered. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The worker gets `message` with a number as `request`. */
  request(message: object, transfer: ArrayBuffer[] = []): Promise<unknown> {
    invariant(!this.#closed, `the ${this.#name}s are closed`);
    const request = this.#nextRequest++;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ ...message, request }, transfer);
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
    });
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
    worker.on('message', (reply: LaneReply) => this.#settle(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`exit code ${code}`)));
    return worker;
  }

  #settle(reply: LaneReply): void {
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
        new LifeboatError('INTERNAL', `a ${this.#name} died: ${messageOf(error)}`, { cause: error }),
      );
    }
  }
}
