import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClusterId } from '@lifeboat/kernel';
import { encodeKeyFrame, keyIdOf } from '@lifeboat/vault-format';
import { OpenPack, keyRow } from './open-pack.ts';
import { frameContext } from './open-packs.ts';

const CLUSTER = randomUUID() as string as ClusterId;
const CONTEXT = frameContext(randomUUID(), CLUSTER);
const WRAPPED = Buffer.alloc(80, 1);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-open-pack-'));
});
afterAll(async () => rm(directory, { recursive: true }));

describe('an open pack', () => {
  it('is named by the SHA-256 of its bytes when it is finished, and then let go of', async () => {
    const pack = await OpenPack.create({ cluster: CLUSTER, directory, file: 'one', id: 1n }, CONTEXT);
    expect(pack.isEmpty).toBe(true);
    const frame = encodeKeyFrame(CONTEXT, WRAPPED);
    await pack.append(
      [frame, Buffer.alloc(0)],
      [keyRow(keyIdOf(WRAPPED).toString('hex'), pack.size, WRAPPED)],
    );
    const { name, bytes } = await pack.finish(Buffer.alloc(32), Buffer.alloc(12), CONTEXT);
    const written = await readFile(pack.path);
    expect(createHash('sha256').update(written).digest('hex')).toBe(name);
    expect([written.length, pack.isEmpty]).toEqual([bytes, false]);
    await pack.abandon();
  });

  it('without a frame is never finished: our bug', async () => {
    const pack = await OpenPack.create({ cluster: CLUSTER, directory, file: 'two', id: 2n }, CONTEXT);
    await expect(pack.finish(Buffer.alloc(32), Buffer.alloc(12), CONTEXT)).rejects.toThrow('invariant');
    await pack.abandon();
  });

  it('that cannot be made is not said to be for want of room', async () => {
    const nowhere = { cluster: CLUSTER, directory: join(directory, 'nowhere'), file: 'three', id: 3n };
    await expect(OpenPack.create(nowhere, CONTEXT)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
