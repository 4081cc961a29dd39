import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHUNK_ID_LENGTH, LifeboatError, silentLog } from '@lifeboat/kernel';
import { seededBytes, TestSender, TestVaults, type TestVault } from '@lifeboat/vault/testing';
import {
  decodeDownloadResponse,
  encodeDownloadResponse,
  type DownloadRequest,
  type DownloadResponse,
  type EncodedDownloadResponse,
} from '@lifeboat/wire';
import { expandChunk } from '@lifeboat/vault-format';
import { eachChunk } from '../agent/arrived-chunks.ts';
import { handleDownload } from './handle-download.ts';

let vaults: TestVaults;
let test: TestVault;
const raws = Array.from({ length: 50 }, (_, index) =>
  index === 0 ? Buffer.alloc(5000, 'text') : seededBytes(index, 1000 * index + 1),
);
let ids: Buffer;
beforeAll(async () => {
  vaults = await TestVaults.start();
  test = await vaults.make();
  const sender = await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing);
  const sealed = sender.seal(raws);
  ids = sealed.ids;
  await (await test.vault.ingest(test.cluster)).append(test.node, sender.keys, sealed.frames);
});
afterAll(async () => vaults.stop());

/** The agent's end of a call in memory. `room`: whether the transport takes more; else it waits for `drain`. */
class Agent extends EventEmitter {
  readonly responses: DownloadResponse[] = [];
  readonly finished: Promise<void>;
  room = true;

  constructor(authorise: () => Promise<void> = async () => undefined) {
    super();
    const call = Object.assign(this, {
      write: (response: DownloadResponse | EncodedDownloadResponse, written?: () => void) => {
        this.responses.push(decodeDownloadResponse(Buffer.from(encodeDownloadResponse(response))));
        written?.();
        return this.room;
      },
      end: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
    });
    const { cluster, node, vault } = test;
    this.finished = handleDownload(call, { cluster, node, vault, authorise, log: silentLog });
    this.finished.catch(() => undefined);
  }

  send(message: DownloadRequest['message']): this {
    this.emit('data', { message });
    return this;
  }

  open(restoreId: string = randomUUID()): this {
    return this.send({ $case: 'open', value: { restoreId } });
  }

  want(sequence: bigint, chunkIds: Buffer): this {
    return this.send({ $case: 'want', value: { sequence, chunkIds } });
  }

  async done(): Promise<void> {
    this.send({ $case: 'done', value: {} });
    return this.finished;
  }
}

const idsOf = (from: number, to: number): Buffer =>
  ids.subarray(from * CHUNK_ID_LENGTH, to * CHUNK_ID_LENGTH);

function chunksOf(agent: Agent, sequence: bigint): Buffer[] {
  const found: Buffer[] = [];
  for (const { message } of agent.responses) {
    if (message?.$case !== 'chunks' || message.value.sequence !== sequence) continue;
    for (const { index, ...chunk } of eachChunk(message.value)) found[index] = expandChunk(chunk);
  }
  return found;
}

describe('a download', () => {
  it('gives every wanted chunk, and says when a want is done', async () => {
    const agent = new Agent().open().want(1n, ids).want(2n, idsOf(3, 4));
    await agent.done();
    expect(chunksOf(agent, 1n)).toEqual(raws);
    expect(chunksOf(agent, 2n)).toEqual([raws[3]]);
    for (const sequence of [1n, 2n]) {
      const about = agent.responses.flatMap(({ message }) =>
        message !== undefined && message.$case !== 'opened' && message.value.sequence === sequence
          ? [message.$case]
          : [],
      );
      expect(about.indexOf('wantDone')).toBe(about.length - 1);
    }
  });

  it('sends chunks as they are stored, some in a message up to a size', async () => {
    const agent = new Agent().open().want(1n, ids);
    await agent.done();
    const messages = agent.responses.flatMap(({ message }) =>
      message?.$case === 'chunks' ? [message.value] : [],
    );
    expect(messages.length).toBeLessThan(10);
    expect(messages.every(({ data }) => data.length <= 256 * 1024)).toBe(true);
    const isCompressed = messages.some(({ lengths, rawLengths }) =>
      lengths.some((length, at) => length < rawLengths[at]!),
    );
    expect(isCompressed).toBe(true);
  });

  it('waits while the transport has no room', async () => {
    const agent = new Agent();
    agent.room = false;
    agent.open().want(1n, ids);
    const settled = async (): Promise<number> => {
      for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      return agent.responses.length;
    };
    expect(await settled()).toBe(1);
    agent.emit('drain');
    while (agent.responses.length < 2) await settled();
    expect(await settled()).toBe(2);
    agent.room = true;
    agent.emit('drain');
    await agent.done();
    expect(chunksOf(agent, 1n)).toEqual(raws);
  });

  it('is refused when this node takes no part in the restore', async () => {
    const agent = new Agent(async () =>
      Promise.reject(new LifeboatError('NOT_AUTHORISED', 'no such restore here')),
    );
    agent.open().want(1n, ids);
    await expect(agent.finished).rejects.toMatchObject({ code: 'NOT_AUTHORISED' });
    expect(agent.responses).toEqual([]);
  });

  it('of a chunk that is not there says which', async () => {
    const agent = new Agent().open().want(1n, Buffer.alloc(CHUNK_ID_LENGTH, 1));
    await expect(agent.finished).rejects.toMatchObject({ code: 'CHUNK_MISSING' });
  });

  it('that is cancelled while the transport is full ends', async () => {
    const agent = new Agent();
    agent.room = false;
    agent.open().want(1n, ids);
    agent.emit('cancelled');
    await expect(agent.finished).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it.each<[string, (agent: Agent) => void]>([
    ['begins with something else than open', (agent) => agent.want(1n, idsOf(0, 1))],
    ['is opened twice', (agent) => agent.open().open()],
    ['names a restore that is no id', (agent) => agent.open('../etc')],
    ['wants half a chunk id', (agent) => agent.open().want(1n, Buffer.alloc(34))],
    ['wants too much at once', (agent) => agent.open().want(1n, Buffer.alloc(CHUNK_ID_LENGTH * 1025))],
    [
      'leaves too many wants unanswered',
      (agent) => {
        agent.open();
        for (let sequence = 1n; sequence <= 5n; sequence += 1n) agent.want(sequence, idsOf(0, 1));
      },
    ],
    ['goes on after done', (agent) => agent.open().send({ $case: 'done', value: {} }).want(1n, idsOf(0, 1))],
  ])('that %s is a breach', async (_, misbehave) => {
    const agent = new Agent();
    misbehave(agent);
    await expect(agent.finished).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
  });
});
