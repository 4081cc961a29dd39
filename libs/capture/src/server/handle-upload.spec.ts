import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHUNK_ID_LENGTH, silentLog, type ClusterId } from '@lifeboat/kernel';
import { seededBytes, TestSender, TestVaults, type TestVault } from '@lifeboat/vault/testing';
import type { UploadRequest, UploadResponse } from '@lifeboat/wire';
import { handleUpload } from './handle-upload.ts';
import { localUpload } from './local-upload.ts';
import { UPLOAD_LIMITS } from './upload-limits.ts';
import type { UploadTotals } from './upload-session.ts';

let vaults: TestVaults;
let test: TestVault;
let sender: TestSender;
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make();
  sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
});
afterAll(async () => vaults.stop());

/** The agent's end of a call in memory; its messages reach the server unless the server has paused. */
class Agent extends EventEmitter {
  readonly responses: UploadResponse[] = [];
  readonly pauses: boolean[] = [];
  readonly finished: Promise<UploadTotals>;

  constructor() {
    super();
    const call = Object.assign(this, {
      write: (response: UploadResponse) => this.responses.push(response) > 0,
      end: () => undefined,
      pause: () => this.pauses.push(true),
      resume: () => this.pauses.push(false),
    });
    this.finished = handleUpload(call, {
      cluster: test.cluster,
      node: test.node,
      vault: test.vault,
      log: silentLog,
    });
    this.finished.catch(() => undefined);
  }

  send(message: UploadRequest['message']): this {
    this.emit('data', { message });
    return this;
  }

  open(keys: readonly Buffer[] = sender.keys): this {
    return this.send({
      $case: 'open',
      value: { operationId: 'o', keys: keys.map((wrapped) => ({ wrapped })) },
    });
  }

  frames(sequence: bigint, frames: Buffer): this {
    return this.send({ $case: 'frames', value: { sequence, frames } });
  }

  async done(): Promise<UploadTotals> {
    this.send({ $case: 'done', value: {} });
    return this.finished;
  }

  cases(): string[] {
    return this.responses.map((each) => each.message?.$case ?? '');
  }

  durable(): bigint[] {
    return this.responses.flatMap(({ message }) =>
      message?.$case === 'durable' ? [message.value.sequence] : [],
    );
  }
}

const breach = { code: 'PROTOCOL_BREACH' };

describe('an upload', () => {
  it('is told what is missing, sends it, and is told when it is durable', async () => {
    const raws = [seededBytes('one', 5000), seededBytes('two', 5000)];
    const { ids, frames } = sender.seal(raws);
    const agent = new Agent().open();
    agent.send({ $case: 'offer', value: { sequence: 7n, chunkIds: ids } }).frames(1n, frames);
    expect(await agent.done()).toEqual({ operationId: 'o', offered: 2, known: 0, frameBytes: frames.length });
    expect(agent.cases().toSorted()).toEqual(['durable', 'missing', 'opened']);
    expect(agent.durable()).toEqual([1n]);

    const again = new Agent().open();
    again.send({
      $case: 'offer',
      value: { sequence: 8n, chunkIds: Buffer.concat([ids, Buffer.alloc(CHUNK_ID_LENGTH, 1)]) },
    });
    expect((await again.done()).known).toBe(2);
    expect(again.responses[1]?.message).toEqual({
      $case: 'missing',
      value: { sequence: 8n, bitmap: Buffer.from([0b100]) },
    });
  });

  it('gets its acknowledgements in order, and is paused while more than a window waits', async () => {
    const agent = new Agent().open();
    await test.vault.ingest(test.cluster);
    const message = sender.seal([seededBytes('large', 3_500_000), seededBytes('large 2', 3_500_000)]).frames;
    for (let sequence = 1n; sequence <= 6n; sequence += 1n) agent.frames(sequence, Buffer.from(message));
    await agent.done();
    const durable = agent.durable();
    expect(durable).toEqual(durable.toSorted((a, b) => Number(a - b)));
    expect(durable.at(-1)).toBe(6n);
    expect(6 * message.length).toBeGreaterThan(UPLOAD_LIMITS.windowBytes);
    expect(agent.pauses).toContain(true);
    expect(agent.pauses.at(-1)).toBe(false);
  });

  it.each<[string, (agent: Agent) => void]>([
    ['begins with something else than open', (agent) => agent.frames(1n, Buffer.alloc(200))],
    ['is opened twice', (agent) => agent.open().open()],
    ['has too many keys', (agent) => agent.open(Array.from({ length: 65 }, () => sender.wrapped))],
    ['has a key without bytes', (agent) => agent.open([Buffer.alloc(0)])],
    [
      'offers half a chunk id',
      (agent) => agent.open().send({ $case: 'offer', value: { sequence: 1n, chunkIds: Buffer.alloc(34) } }),
    ],
    [
      'offers too many chunks',
      (agent) =>
        agent
          .open()
          .send({ $case: 'offer', value: { sequence: 1n, chunkIds: Buffer.alloc(CHUNK_ID_LENGTH * 4097) } }),
    ],
    ['sends what are no frames', (agent) => agent.open().frames(1n, Buffer.alloc(500, 3))],
    [
      'sends too much at once',
      (agent) => agent.open().frames(1n, Buffer.alloc(UPLOAD_LIMITS.framesBytes + 1)),
    ],
    [
      'repeats a sequence',
      (agent) =>
        agent
          .open()
          .frames(2n, sender.seal([Buffer.from('a')]).frames)
          .frames(2n, sender.seal([Buffer.from('b')]).frames),
    ],
    ['goes on after done', (agent) => agent.open().send({ $case: 'done', value: {} }).open()],
    ['sends an empty message', (agent) => agent.open().send(undefined)],
  ])('that %s is a breach', async (_, misbehave) => {
    const agent = new Agent();
    misbehave(agent);
    await expect(agent.finished).rejects.toMatchObject(breach);
  });

  it('with frames of a foreign cluster is a breach', async () => {
    const foreign = await TestSender.connect(
      test.vault.id,
      randomUUID() as string as ClusterId,
      test.parts.keyRing,
    );
    const agent = new Agent().open(foreign.keys).frames(1n, foreign.seal([Buffer.from('x')]).frames);
    await expect(agent.finished).rejects.toMatchObject(breach);
    expect(agent.durable()).toEqual([]);
  });

  it('that ends or breaks off before it is done is cancelled', async () => {
    for (const event of ['end', 'cancelled'] as const) {
      const agent = new Agent().open();
      agent.emit(event);
      await expect(agent.finished).rejects.toMatchObject({ code: 'CANCELLED' });
    }
  });
});

describe('a local upload', () => {
  it('looks like a call over the network', async () => {
    const call = localUpload(test.vault, test.cluster)();
    const raw = seededBytes('local', 100_000);
    const { ids, frames } = sender.seal([raw]);
    const reusable = Buffer.from(frames);
    const ended = new Promise<string[]>((resolve, reject) => {
      const cases: string[] = [];
      call.on('data', (response) => void cases.push(response.message?.$case ?? ''));
      call.on('error', reject);
      call.on('end', () => resolve(cases));
    });
    call.write({
      message: { $case: 'open', value: { operationId: 'o', keys: [{ wrapped: sender.wrapped }] } },
    });
    call.write({ message: { $case: 'frames', value: { sequence: 1n, frames: reusable } } });
    reusable.fill(0);
    call.write({ message: { $case: 'done', value: {} } });
    call.end();
    expect(await ended).toEqual(['opened', 'durable']);
    expect(await test.vault.readChunk(test.cluster, ids)).toEqual(raw);
  });

  it('gives the client the error that ended it', async () => {
    const call = localUpload(test.vault, test.cluster)();
    const failed = new Promise((resolve) => call.on('error', resolve));
    call.write({ message: { $case: 'done', value: {} } });
    expect(await failed).toMatchObject(breach);
  });
});
