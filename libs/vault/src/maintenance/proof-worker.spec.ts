import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { LifeboatError } from '@lifeboat/kernel';
import { memoryPack } from '../testing/memory-pack.ts';
import type { ProofQuestion, ProofReply, ProofRequest } from './proof-messages.ts';

/**
 * The thread's side of the conversation, in this thread, where its coverage is seen: prover.spec.ts and
 * proof-lane.spec.ts have it in threads of its own.
 */
const { port1: main, port2: worker } = new MessageChannel();
const setPriority = jest.fn();
jest.unstable_mockModule('node:worker_threads', () => ({ parentPort: worker }));
jest.unstable_mockModule('node:os', () => ({ default: { ...os, setPriority } }));

const PACK = memoryPack([Buffer.from('first'), Buffer.from('second')]);
const VERIFY = {
  kind: 'verify',
  name: PACK.name,
  file: undefined,
  idKey: PACK.keys.id,
} as const satisfies ProofRequest;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(os.tmpdir(), 'lifeboat-proof-worker-'));
  await import('./proof-worker.ts');
});
afterAll(async () => {
  main.close();
  await rm(directory, { recursive: true });
});

type Answer = Uint8Array | number | LifeboatError;

async function answerOf(question: ProofQuestion): Promise<Answer> {
  if (question.what === 'size') return PACK.size();
  if (question.what === 'bytes') return new Uint8Array(await PACK.read(question.offset, question.length));
  return PACK.keys.session(question.keyId);
}

/** Says `request` and answers until the end; what was asked meanwhile, and how it ended. */
async function converse(
  request: ProofRequest,
  answer: (question: ProofQuestion) => Promise<Answer> = answerOf,
): Promise<{ asked: string[]; end: Exclude<ProofReply, { kind: 'ask' }> }> {
  const asked: string[] = [];
  const { promise, resolve } = Promise.withResolvers<Exclude<ProofReply, { kind: 'ask' }>>();
  const hear = async (reply: ProofReply): Promise<void> => {
    if (reply.kind !== 'ask') return resolve(reply);
    const { ask, question } = reply;
    asked.push(question.what);
    const value = await answer(question);
    const isError = typeof value === 'object' && 'code' in value;
    main.postMessage(
      isError
        ? { kind: 'refusal', ask, error: { code: value.code, message: value.message } }
        : { kind: 'answer', ask, value },
    );
  };
  const listener = (reply: ProofReply): void => void hear(reply);
  main.on('message', listener);
  main.postMessage(request);
  const end = await promise;
  main.off('message', listener);
  return { asked, end };
}

describe('a proof worker', () => {
  it('lets whatever else the server does go first', () => {
    if (process.platform === 'linux')
      expect(setPriority).toHaveBeenCalledWith(os.constants.priority.PRIORITY_BELOW_NORMAL);
    else expect(setPriority).not.toHaveBeenCalled();
  });

  it('asks for the bytes, and for each key once', async () => {
    const { asked, end } = await converse(VERIFY);
    expect(end).toMatchObject({ kind: 'verdict', verdict: { findings: [] } });
    expect(asked.filter((what) => what === 'session-key')).toHaveLength(1);
    expect(asked).toContain('bytes');
  });

  it('reads a file by itself', async () => {
    const file = join(directory, 'pack');
    await writeFile(file, PACK.bytes);
    const { asked, end } = await converse({ ...VERIFY, file });
    expect(end).toMatchObject({ kind: 'verdict', verdict: { findings: [] } });
    expect(asked).toEqual(['session-key']);
  });

  it('finds a pack whose file is not there missing', async () => {
    const { end } = await converse({ ...VERIFY, file: join(directory, 'nothing') });
    expect(end).toMatchObject({ kind: 'verdict', verdict: { findings: [{ kind: 'pack-missing' }] } });
  });

  it('fails with the reason for which it was refused an answer', async () => {
    const refusal = { code: 'VAULT_UNREACHABLE', message: 'no answer' } as LifeboatError;
    const { end } = await converse(VERIFY, async () => refusal);
    expect(end).toEqual({ kind: 'failure', error: expect.objectContaining(refusal) });
  });
});
