import os from 'node:os';
import process from 'node:process';
import { parentPort } from 'node:worker_threads';
import { asBuffer, fromErrorReport, invariant, toErrorReport, type PackName } from '@lifeboat/kernel';
import type { PackBytes } from '../pack/pack-bytes.ts';
import { PackFile } from '../pack/pack-file.ts';
import type { PackKeys } from '../read/pack-keys.ts';
import type { ProofQuestion, ProofReply, ProofRequest } from './proof-messages.ts';
import { verifyPackBytes } from './verify-pack-bytes.ts';

/** The proof's CPU work, as a worker thread. Session keys live in memory only, as long as their pack is read. */

const port = parentPort;
invariant(port !== null, 'proof-worker.ts runs in a worker thread');
// On Linux niceness is each thread's own: whatever else the server does goes first.
if (process.platform === 'linux') os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL);

type Answer = Uint8Array | number;
const asked = new Map<number, PromiseWithResolvers<Answer>>();
let nextAsk = 0;

port.on('message', (request: ProofRequest) => {
  if (request.kind === 'verify') void verify(request);
  else settle(request);
});

async function verify({ name, file, idKey }: Extract<ProofRequest, { kind: 'verify' }>): Promise<void> {
  using packFile = file === undefined ? undefined : new PackFile(file, name);
  try {
    const verdict = await verifyPackBytes(packFile ?? askedPack(name), askedKeys(idKey));
    reply({ kind: 'verdict', verdict });
  } catch (thrown) {
    reply({ kind: 'failure', error: toErrorReport(thrown) });
  }
}

function askedPack(name: PackName): PackBytes {
  return {
    label: name,
    size: async () => (await ask({ what: 'size' })) as number,
    read: async (offset, length) => asBuffer((await ask({ what: 'bytes', offset, length })) as Uint8Array),
  };
}

function askedKeys(id: Uint8Array): PackKeys {
  const sessions = new Map<string, Promise<Answer>>();
  return {
    id,
    session: async (keyId) => {
      const known = sessions.get(keyId) ?? ask({ what: 'session-key', keyId });
      sessions.set(keyId, known);
      return (await known) as Uint8Array;
    },
  };
}

function ask(question: ProofQuestion): Promise<Answer> {
  const answered = Promise.withResolvers<Answer>();
  asked.set(nextAsk, answered);
  reply({ kind: 'ask', ask: nextAsk, question });
  nextAsk += 1;
  return answered.promise;
}

function settle(request: Exclude<ProofRequest, { kind: 'verify' }>): void {
  const answered = asked.get(request.ask);
  invariant(answered !== undefined, 'the main thread answered twice');
  asked.delete(request.ask);
  if (request.kind === 'answer') answered.resolve(request.value);
  else answered.reject(fromErrorReport(request.error));
}

function reply(message: ProofReply): void {
  port?.postMessage(message);
}
