import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClusterId, NodeId, PackName } from '@lifeboat/kernel';
import type { Catalog } from '../catalog.ts';
import { makeCluster, startTestServer, type TestServer } from '../testing/test-catalog.ts';

const NODE = randomUUID() as NodeId;
const OTHER_NODE = randomUUID() as NodeId;
const DATA = 1;
const ROOT = 3;

let server: TestServer;
let catalog: Catalog;
let cluster: ClusterId;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  catalog = await server.catalog();
  cluster = await makeCluster(catalog, 'portal');
});

function newId(): Buffer {
  return Buffer.concat([Buffer.of(1), randomBytes(32)]);
}

/** A closed pack that holds this chunk of that node's. */
async function packOf(id: Buffer, node: NodeId, { type = DATA, proved = true } = {}): Promise<bigint> {
  const pack = await catalog.packs.open({ cluster, file: randomUUID() });
  await catalog.chunks.insert(cluster, node, [{ id, type, pack, offset: 100, length: 60, rawLength: 50 }]);
  await catalog.packs.close(pack, randomBytes(32).toString('hex') as PackName, 200);
  if (proved) await catalog.packs.prove(pack, new Date());
  return pack;
}

/** Gives each chunk of these packs a tombstone; the number of the prune. */
async function sweep(...packs: bigint[]): Promise<number> {
  return catalog.prunes.alone(async (session) => {
    const { id } = await session.begin(new Date(), false);
    await session.sweep(packs, id);
    await session.swept(id, new Date());
    return id;
  });
}

async function remove(pack: bigint, ...ripe: number[]): Promise<boolean> {
  return catalog.prunes.alone(async (session) => {
    await session.begin(new Date(), false);
    return session.removePack(pack, ripe);
  });
}

describe('a pack', () => {
  it('is removed with its rows when all of them are dead, by a ripe prune', async () => {
    const id = newId();
    const pack = await packOf(id, NODE);
    const prune = await sweep(pack);
    expect(await remove(pack)).toBe(false);
    expect(await remove(pack, prune)).toBe(true);
    expect(await catalog.packs.byId(pack)).toBeUndefined();
    expect(await catalog.chunks.ofPack(pack)).toEqual([]);
  });

  it('is removed when its chunk lies, proved, in another pack that does not go itself', async () => {
    const id = newId();
    const dying = await packOf(id, OTHER_NODE);
    const prune = await sweep(dying);
    const unproved = await packOf(id, randomUUID() as NodeId, { proved: false });
    const pack = await packOf(id, NODE);
    expect(await remove(pack, prune)).toBe(false);
    await catalog.packs.prove(unproved, new Date());
    expect(await remove(pack, prune)).toBe(true);
    expect(await catalog.chunks.findMissing(cluster, id)).toBeUndefined();
  });
});

describe('a tombstone', () => {
  it('is taken off by an answer, by a closure and by a new copy, and then the pack stays', async () => {
    const [asked, closed, sent] = [newId(), newId(), newId()];
    const packs = [await packOf(asked, NODE), await packOf(closed, NODE), await packOf(sent, NODE)];
    const prune = await sweep(...packs);
    expect(await catalog.chunks.have(cluster, NODE, asked)).toEqual(Uint8Array.of(1));
    expect(await catalog.chunks.findMissing(cluster, closed)).toBeUndefined();
    const again = await packOf(sent, NODE);
    expect(await remove(packs[0]!, prune)).toBe(false);
    expect(await remove(packs[1]!, prune)).toBe(false);
    const [kept] = await catalog.chunks.locate(cluster, sent);
    expect(kept?.pack).toBe(again);
    expect(await remove(again, prune)).toBe(false);
  });
});

describe('a manifest root', () => {
  const knows = async (id: Buffer): Promise<boolean> =>
    (await catalog.chunks.have(cluster, NODE, id))[0] === 1;

  it('is known as long as it is a base, whatever its row says', async () => {
    const root = newId();
    const pack = await packOf(root, NODE, { type: ROOT });
    expect(await knows(root)).toBe(true);
    await sweep(pack);
    expect(await knows(root)).toBe(true);
    await catalog.chunks.dropBases(cluster);
    expect(await knows(root)).toBe(false);
    await packOf(root, NODE, { type: ROOT });
    expect(await knows(root)).toBe(true);
  });
});
