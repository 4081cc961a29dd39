import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClusterId, NodeId, PackName } from '@lifeboat/kernel';
import type { Catalog } from '../catalog.ts';
import { makeCluster, startTestServer, type TestServer } from '../testing/test-catalog.ts';
import { MAX_IDS, type ChunkRecord } from './chunk-store.ts';

const NODE = randomUUID() as NodeId;
const OTHER_NODE = randomUUID() as NodeId;
const NOW = new Date('2026-01-02T03:04:05Z');

let server: TestServer;
let catalog: Catalog;
let cluster: ClusterId;
let pack: bigint;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.catalog();
});
afterAll(() => server.stop());
beforeEach(async () => {
  cluster = await makeCluster(catalog, `c-${randomBytes(6).toString('hex')}`);
  pack = await catalog.packs.open({ cluster, file: 'open-1' });
});

function chunkIn(place: bigint, offset = 100): ChunkRecord {
  const id = Buffer.concat([Buffer.of(1), randomBytes(32)]);
  return { id, type: 1, pack: place, offset, length: 60, rawLength: 1000 };
}

function nameOf(): PackName {
  return randomBytes(32).toString('hex') as PackName;
}

async function have(node: NodeId | null, ...chunks: ChunkRecord[]): Promise<boolean[]> {
  const bitmap = await catalog.chunks.have(cluster, node, Buffer.concat(chunks.map(({ id }) => id)));
  return chunks.map((_, index) => (bitmap[index >> 3]! & (1 << (index & 7))) !== 0);
}

async function locate(...chunks: ChunkRecord[]) {
  return catalog.chunks.locate(cluster, Buffer.concat(chunks.map(({ id }) => id)));
}

async function closeAndProve(id: bigint): Promise<void> {
  await catalog.packs.close(id, nameOf(), 1234);
  await catalog.packs.prove(id, NOW);
}

describe('have', () => {
  it('is yes, until the proof, for the sender alone, and not for the server either', async () => {
    const chunk = chunkIn(pack);
    await catalog.chunks.insert(cluster, NODE, [chunk]);
    expect(await have(NODE, chunk)).toEqual([true]);
    expect(await have(null, chunk)).toEqual([false]);
    expect(await have(OTHER_NODE, chunk)).toEqual([false]);
    await closeAndProve(pack);
    expect(await have(null, chunk)).toEqual([true]);
    expect(await have(OTHER_NODE, chunk)).toEqual([true]);
  });

  it('is no for what the server itself sent, until the proof', async () => {
    const chunk = chunkIn(pack);
    await catalog.chunks.insert(cluster, null, [chunk]);
    expect(await have(NODE, chunk)).toEqual([false]);
    expect(await have(null, chunk)).toEqual([true]);
  });

  it('answers every id of a full request at its own bit', async () => {
    const chunks = Array.from({ length: MAX_IDS }, (_, index) => chunkIn(pack, index));
    const kept = chunks.filter((_, index) => index % 3 === 0);
    await catalog.chunks.insert(cluster, NODE, kept);
    expect(await have(NODE, ...chunks)).toEqual(chunks.map((_, index) => index % 3 === 0));
  });

  it('answers nothing for nothing, and refuses more than a request may hold', async () => {
    expect(await catalog.chunks.have(cluster, NODE, Buffer.alloc(0))).toEqual(new Uint8Array(0));
    const tooMany = Buffer.alloc(33 * (MAX_IDS + 1));
    await expect(catalog.chunks.have(cluster, NODE, tooMany)).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(catalog.chunks.have(cluster, NODE, Buffer.alloc(34))).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });

  it('never looks into another cluster', async () => {
    const chunk = chunkIn(pack);
    await catalog.chunks.insert(cluster, NODE, [chunk]);
    await closeAndProve(pack);
    cluster = await makeCluster(catalog, `d-${randomBytes(6).toString('hex')}`);
    expect(await have(NODE, chunk)).toEqual([false]);
    expect(await locate(chunk)).toEqual([undefined]);
  });

  it('is no for everyone once the pack is poisoned, though it was proved', async () => {
    const chunk = chunkIn(pack);
    await catalog.chunks.insert(cluster, NODE, [chunk]);
    await closeAndProve(pack);
    await catalog.packs.poison(pack, 'its bytes changed');
    expect(await have(NODE, chunk)).toEqual([false]);
    expect(await have(null, chunk)).toEqual([false]);
    expect(await locate(chunk)).toEqual([undefined]);
  });

  it('is no for a poisoned chunk, and yes for its neighbours', async () => {
    const [bad, good] = [chunkIn(pack), chunkIn(pack, 200)];
    await catalog.chunks.insert(cluster, NODE, [bad, good]);
    await catalog.chunks.poison(pack, [bad]);
    expect(await have(NODE, bad, good)).toEqual([false, true]);
  });
});

describe('insert', () => {
  it('keeps the first copy of a sender', async () => {
    const first = chunkIn(pack);
    const again = { ...first, offset: 999 };
    await catalog.chunks.insert(cluster, NODE, [first, again]);
    await catalog.chunks.insert(cluster, NODE, [again]);
    expect(await locate(first)).toMatchObject([{ offset: first.offset }]);
  });

  it('of a good copy survives that another node’s lie under the same id is poisoned in the same pack', async () => {
    const lie = chunkIn(pack, 100);
    const truth = { ...lie, offset: 300 };
    await catalog.chunks.insert(cluster, OTHER_NODE, [lie]);
    await catalog.chunks.insert(cluster, NODE, [truth]);
    await catalog.chunks.poison(pack, [lie]);
    expect(await have(OTHER_NODE, lie)).toEqual([false]);
    expect(await have(NODE, truth)).toEqual([true]);
    expect(await locate(truth)).toEqual([expect.objectContaining({ offset: 300 })]);
  });

  it('puts a new copy in the place of a poisoned one', async () => {
    const [byChunk, byPack] = [chunkIn(pack), chunkIn(pack, 200)];
    await catalog.chunks.insert(cluster, NODE, [byChunk, byPack]);
    await catalog.chunks.poison(pack, [byChunk]);
    const second = await catalog.packs.open({ cluster, file: 'open-2' });
    await catalog.chunks.insert(cluster, NODE, [{ ...byChunk, pack: second }]);
    expect(await locate(byChunk)).toMatchObject([{ pack: second }]);
    await catalog.packs.poison(pack, 'gone');
    await catalog.chunks.insert(cluster, NODE, [{ ...byPack, pack: second }]);
    expect(await have(NODE, byChunk, byPack)).toEqual([true, true]);
  });

  it('lets no node displace what another sent', async () => {
    const good = chunkIn(pack);
    await catalog.chunks.insert(cluster, NODE, [good]);
    const second = await catalog.packs.open({ cluster, file: 'open-2' });
    await catalog.chunks.insert(cluster, OTHER_NODE, [{ ...good, pack: second, offset: 7 }]);
    expect(await have(OTHER_NODE, good)).toEqual([true]);
    expect(await locate(good)).toMatchObject([{ pack, offset: good.offset }]);
    await closeAndProve(second);
    expect(await locate(good)).toMatchObject([{ pack: second, offset: 7 }]);
  });

  it('takes batches larger than one statement, from several connections with common ids at once', async () => {
    const chunks = Array.from({ length: 6000 }, (_, index) => chunkIn(pack, index));
    await Promise.all([
      catalog.chunks.insert(cluster, NODE, chunks),
      catalog.chunks.insert(cluster, NODE, chunks.toReversed()),
      catalog.chunks.insert(
        cluster,
        NODE,
        chunks.toSorted(() => Math.random() - 0.5),
      ),
    ]);
    expect((await catalog.chunks.totals(cluster)).chunks).toBe(6000);
  });
});

describe('locate', () => {
  it('answers in the order asked, with file or name, and nothing where there is nothing', async () => {
    const [one, two, missing] = [chunkIn(pack, 1), chunkIn(pack, 2), chunkIn(pack, 3)];
    await catalog.chunks.insert(cluster, NODE, [one, two]);
    expect(await locate(two, missing, one, two)).toEqual([
      { ...two, packName: null, packFile: 'open-1' },
      undefined,
      { ...one, packName: null, packFile: 'open-1' },
      { ...two, packName: null, packFile: 'open-1' },
    ]);
    const name = nameOf();
    await catalog.packs.close(pack, name, 100);
    expect(await locate(one)).toEqual([{ ...one, packName: name, packFile: null }]);
  });
});

describe('findMissing', () => {
  const findMissing = async (...chunks: ChunkRecord[]) =>
    catalog.chunks.findMissing(cluster, Buffer.concat(chunks.map(({ id }) => id)));

  it('tells where one stands that is not there, and nothing when all are', async () => {
    const [one, two, never] = [chunkIn(pack, 1), chunkIn(pack, 2), chunkIn(pack, 3)];
    await catalog.chunks.insert(cluster, null, [one]);
    await catalog.chunks.insert(cluster, NODE, [two]);
    expect(await findMissing()).toBeUndefined();
    expect(await findMissing(one, two, one)).toBeUndefined();
    expect(await findMissing(one, never, two)).toBe(1);
  });

  it('misses what is poisoned, alone or with its pack', async () => {
    const [bad, good] = [chunkIn(pack), chunkIn(pack, 200)];
    await catalog.chunks.insert(cluster, NODE, [bad, good]);
    await catalog.chunks.poison(pack, [bad]);
    expect(await findMissing(good, bad)).toBe(1);
    expect(await findMissing(good)).toBeUndefined();
    await catalog.packs.poison(pack, 'its bytes changed');
    expect(await findMissing(good)).toBe(0);
  });
});

describe('ofPackExcept', () => {
  it('tells what lies elsewhere than it should, the poisoned too, and of no other pack', async () => {
    const [known, elsewhere, poisoned] = [chunkIn(pack, 100), chunkIn(pack, 300), chunkIn(pack, 200)];
    await catalog.chunks.insert(cluster, NODE, [known, elsewhere, poisoned]);
    await catalog.chunks.poison(pack, [poisoned]);
    const other = await catalog.packs.open({ cluster, file: 'open-2' });
    await catalog.chunks.insert(cluster, NODE, [chunkIn(other, 300)]);
    const except = async (...frames: { offset: number; id: Buffer }[]) =>
      catalog.chunks.ofPackExcept(pack, {
        offsets: frames.map(({ offset }) => offset),
        ids: Buffer.concat(frames.map(({ id }) => id)),
      });
    const beyondAnyColumn = { offset: 2 ** 40, id: known.id };
    expect(await except(known, beyondAnyColumn)).toEqual([poisoned, elsewhere]);
    expect(await except(elsewhere, poisoned, known)).toEqual([]);
    expect(await except()).toHaveLength(3);
    // Where one begins another one may lie.
    expect(await except({ ...known, id: poisoned.id }, elsewhere, poisoned)).toEqual([known]);
  });
});

describe('packs', () => {
  it('close once, under one name, and are told apart by state', async () => {
    const name = nameOf();
    expect((await catalog.packs.openOnes(cluster)).map(({ id }) => id)).toEqual([pack]);
    await catalog.packs.close(pack, name, 100);
    await catalog.packs.close(pack, name, 100);
    await expect(catalog.packs.close(pack, nameOf(), 100)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await catalog.packs.openOnes(cluster)).toEqual([]);
    expect(await catalog.packs.byId(pack)).toMatchObject({ name, file: null, bytes: 100, provedAt: null });
    expect((await catalog.packs.listUnproved(pack - 1n, 10)).map(({ id }) => id)).toContain(pack);
    await catalog.packs.prove(pack, NOW);
    expect((await catalog.packs.listUnproved(pack - 1n, 10)).map(({ id }) => id)).not.toContain(pack);
    expect(await catalog.packs.totals(cluster)).toEqual({
      open: 0,
      closed: 1,
      proved: 1,
      poisoned: 0,
      bytes: 100,
    });
  });

  it('once poisoned are not proved, unless they are healed', async () => {
    const chunk = chunkIn(pack);
    await catalog.chunks.insert(cluster, NODE, [chunk]);
    await catalog.packs.close(pack, nameOf(), 1);
    await catalog.chunks.poison(pack, [chunk]);
    await catalog.packs.poison(pack, 'first reason');
    await catalog.packs.poison(pack, 'second reason');
    await catalog.packs.prove(pack, NOW);
    expect(await catalog.packs.byId(pack)).toMatchObject({ provedAt: null, poisonReason: 'first reason' });
    expect((await catalog.packs.listUnproved(pack - 1n, 10)).map(({ id }) => id)).not.toContain(pack);
    const failed = await catalog.packs.listUnproved(pack - 1n, 10, { poisoned: true });
    expect(failed.map(({ id }) => id)).toContain(pack);
    await catalog.packs.heal(pack, NOW);
    expect(await catalog.packs.byId(pack)).toMatchObject({ provedAt: NOW, poisonedAt: null });
    expect(await catalog.chunks.locate(cluster, chunk.id)).toMatchObject([{ pack }]);
  });

  it('that are removed take their chunks with them', async () => {
    const chunk = chunkIn(pack);
    await catalog.chunks.insert(cluster, NODE, [chunk]);
    await catalog.packs.remove(pack);
    expect(await catalog.packs.byId(pack)).toBeUndefined();
    expect((await catalog.chunks.totals(cluster)).chunks).toBe(0);
  });

  it('found in the vault twice are one', async () => {
    const name = nameOf();
    const id = await catalog.packs.adopt({ cluster, name, bytes: 5 });
    expect(await catalog.packs.adopt({ cluster, name, bytes: 5 })).toBe(id);
    expect(await catalog.packs.byName(name)).toMatchObject({ id, bytes: 5 });
  });
});
