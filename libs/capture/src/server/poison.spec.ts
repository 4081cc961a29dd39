import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { KeyRing } from '@lifeboat/identity';
import { silentLog, type NodeId } from '@lifeboat/kernel';
import {
  captureTestTree,
  seededBytes,
  setDocument,
  TestSender,
  TestVaults,
  type TestVault,
} from '@lifeboat/vault/testing';
import type { UploadResponse } from '@lifeboat/wire';
import { handleUpload } from './handle-upload.ts';

const GOOD = seededBytes('what the others mean', 30_000);
const POISON = seededBytes('what the bad node sends', 30_000);

let vaults: TestVaults;
let test: TestVault;
let bad: Node;
let good: Node;
let third: Node;
beforeAll(async () => {
  vaults = await TestVaults.start();
});
afterAll(async () => vaults.stop());
beforeEach(async () => {
  test = await vaults.make();
  [bad, good, third] = [await Node.join('bad'), await Node.join('good'), await Node.join('third')];
});

/** A node with an upload of its own for each thing that it says. */
class Node {
  readonly id: NodeId;
  readonly sender: TestSender;

  private constructor(id: NodeId, sender: TestSender) {
    this.id = id;
    this.sender = sender;
  }

  static async join(name: string): Promise<Node> {
    const id = randomUUID() as string as NodeId;
    const row = { id, cluster: test.cluster, name, serial: randomUUID(), machineId: null };
    await test.catalog.nodes.join({ ...row, notAfter: new Date(Date.now() + 1e9) });
    return new Node(id, await TestSender.connect(test.vault.id, test.cluster, test.parts.keyRing));
  }

  async send(frames: Buffer): Promise<void> {
    const answers = await this.#upload({ $case: 'frames', value: { sequence: 1n, frames } });
    expect(answers.at(-1)?.message?.$case).toBe('durable');
  }

  /** Whether the server says that this chunk need not be sent. */
  async isToldHave(raw: Buffer): Promise<boolean> {
    const chunkIds = this.sender.idOf(raw);
    const answers = await this.#upload({ $case: 'offer', value: { sequence: 1n, chunkIds } });
    const answer = answers.at(-1)?.message;
    return answer?.$case === 'missing' && (answer.value.bitmap[0]! & 1) === 0;
  }

  async #upload(message: { $case: string; value: object }): Promise<UploadResponse[]> {
    const answers: UploadResponse[] = [];
    const call = Object.assign(new EventEmitter(), {
      write: (answer: UploadResponse) => answers.push(answer) > 0,
      end: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
    });
    const context = { cluster: test.cluster, node: this.id, vault: test.vault, log: silentLog };
    const finished = handleUpload(call, context);
    const keys = this.sender.keys.map((wrapped) => ({ wrapped }));
    for (const each of [
      { $case: 'open', value: { operationId: 'o', keys } },
      message,
      { $case: 'done', value: {} },
    ])
      call.emit('data', { message: each });
    await finished;
    return answers;
  }
}

async function prove() {
  await test.vault.closeOpenPacks(test.cluster);
  return test.vault.prove();
}

describe('a chunk whose bytes are not those of its id', () => {
  it('is no other node’s, and not the server’s, before the proof and after it; its sender is named', async () => {
    await bad.send(bad.sender.lie(GOOD, POISON));
    for (const node of [good, third]) expect(await node.isToldHave(GOOD)).toBe(false);
    const ingest = await test.vault.ingest(test.cluster);
    expect(await ingest.have(null, good.sender.idOf(GOOD))).toEqual(new Uint8Array([0]));
    expect(await bad.isToldHave(GOOD)).toBe(true);

    const { findings } = await prove();
    expect(findings.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['chunk-damaged', expect.stringMatching(/^[0-9a-f]{64}$/)],
      ['node-suspect', 'bad'],
    ]);
    for (const node of [bad, good, third]) expect(await node.isToldHave(GOOD)).toBe(false);

    await good.send(good.sender.seal([GOOD]).frames);
    expect((await prove()).findings).toEqual([]);
    for (const node of [bad, good, third]) expect(await node.isToldHave(GOOD)).toBe(true);
    expect(await test.vault.readChunk(test.cluster, good.sender.idOf(GOOD))).toEqual(GOOD);
  });

  it.each(['first', 'last'])('does not stand in the way of good ones when it comes %s', async (when) => {
    const poison = async () => bad.send(bad.sender.lie(GOOD, POISON));
    if (when === 'first') await poison();
    const root = await captureTestTree(test, good.sender, { 'a.bin': GOOD, 'b.bin': Buffer.from('b') });
    if (when === 'last') await poison();
    const { findings } = await prove();
    expect(findings.filter(({ kind }) => kind === 'node-suspect').map(({ subject }) => subject)).toEqual([
      'bad',
    ]);
    await test.vault.assertClosure(test.cluster, [root]);
    await test.vault.putSetDocument(setDocument(test, 1, null, root));
    const read: Record<string, Buffer> = {};
    for await (const entry of test.vault.manifest(test.cluster, root))
      read[entry.path.toString()] = Buffer.concat(await test.vault.readFile(test.cluster, entry).toArray());
    expect(read).toEqual({ 'a.bin': GOOD, 'b.bin': Buffer.from('b') });
  });

  it('is refused at read, never handed over, while it is the only one and not proved', async () => {
    await bad.send(bad.sender.lie(GOOD, POISON));
    await expect(test.vault.readChunk(test.cluster, bad.sender.idOf(GOOD))).rejects.toMatchObject({
      code: 'FORMAT_DAMAGED',
    });
  });
});

it('an upload whose keys no epoch of this vault opens is refused before it sends a byte', async () => {
  const foreign = KeyRing.fromRoot(Buffer.alloc(32, 9));
  const stranger = await TestSender.connect(test.vault.id, test.cluster, foreign);
  Object.assign(bad, { sender: stranger });
  await expect(bad.send(stranger.seal([GOOD]).frames)).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
});
