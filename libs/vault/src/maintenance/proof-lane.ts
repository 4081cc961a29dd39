import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import {
  fromErrorReport,
  invariant,
  LifeboatError,
  messageOf,
  toErrorReport,
  type PackName,
} from '@lifeboat/kernel';
import { Deferred } from '@lifeboat/runtime';
import type { PackBytes } from '../pack/pack-bytes.ts';
import type { PackKeys } from '../read/pack-keys.ts';
import type { ProofQuestion, ProofReply, ProofRequest } from './proof-messages.ts';
import type { PackVerdict } from './verify-pack-bytes.ts';

export interface PackToVerify {
  readonly name: PackName;
  /** Where the thread reads it by itself; undefined: it is handed the bytes. */
  readonly file: string | undefined;
  readonly bytes: PackBytes;
  readonly keys: PackKeys;
}

interface Job {
  readonly pack: PackToVerify;
  readonly verdict: Deferred<PackVerdict>;
}

/** One proof thread and the pack it reads. A thread that dies fails that pack; the next one starts a new thread. */
export class ProofLane {
  readonly #script: URL;
  #worker: Worker | undefined;
  #job: Job | undefined;

  constructor(script: URL) {
    this.#script = script;
  }

  verify(pack: PackToVerify): Promise<PackVerdict> {
    invariant(this.#job === undefined, 'a proof thread reads one pack at a time');
    this.#job = { pack, verdict: new Deferred() };
    this.#worker ??= this.#start();
    this.#worker.ref();
    const { name, file, keys } = pack;
    tell(this.#worker, { kind: 'verify', name, file, idKey: ownCopy(keys.id) });
    return this.#job.verdict.promise;
  }

  async end(reason: LifeboatError): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#settle(({ verdict }) => verdict.reject(reason));
    await worker?.terminate();
  }

  #start(): Worker {
    // A server's main heap begins large (PROGRAMS); a thread that opens one pack after the other needs no such room.
    setFlagsFromString('--initial-old-space-size=0');
    const worker = new Worker(this.#script, {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // What it opens dies young, outside V8's heap: seldom looked for, it would pile up there.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
    worker.on('message', (message: ProofReply) => this.#hear(worker, message));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`exit code ${code}`)));
    return worker;
  }

  #hear(worker: Worker, message: ProofReply): void {
    if (this.#worker !== worker || this.#job === undefined) return;
    if (message.kind === 'ask') void answer(worker, this.#job.pack, message.ask, message.question);
    else if (message.kind === 'verdict') this.#settle(({ verdict }) => verdict.resolve(message.verdict));
    else this.#settle(({ verdict }) => verdict.reject(fromErrorReport(message.error)));
  }

  #settle(how: (job: Job) => void): void {
    const job = this.#job;
    this.#job = undefined;
    // An idle thread must not keep the process alive.
    this.#worker?.unref();
    if (job !== undefined) how(job);
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const died = new LifeboatError('INTERNAL', `a proof worker died: ${messageOf(cause)}`, { cause });
    this.#settle(({ verdict }) => verdict.reject(died));
  }
}

async function answer(
  worker: Worker,
  pack: PackToVerify,
  ask: number,
  question: ProofQuestion,
): Promise<void> {
  try {
    const value = await answerTo(question, pack);
    tell(worker, { kind: 'answer', ask, value }, typeof value === 'number' ? [] : [value.buffer]);
  } catch (thrown) {
    tell(worker, { kind: 'refusal', ask, error: toErrorReport(thrown) });
  }
}

async function answerTo(
  question: ProofQuestion,
  { bytes, keys }: PackToVerify,
): Promise<Uint8Array<ArrayBuffer> | number> {
  switch (question.what) {
    case 'session-key':
      return ownCopy(await keys.session(question.keyId));
    case 'bytes':
      return ownCopy(await bytes.read(question.offset, question.length));
    case 'size':
      return bytes.size();
  }
}

/** A Buffer is often a view into memory that others share, which would be sent along whole. */
function ownCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function tell(worker: Worker, message: ProofRequest, transfer: ArrayBuffer[] = []): void {
  worker.postMessage(message, transfer);
}
