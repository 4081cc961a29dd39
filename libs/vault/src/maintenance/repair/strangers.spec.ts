import { describe, expect, it } from '@jest/globals';
import { MemoryBlobStore } from '@lifeboat/blob-store';
import { silentLog, uuidFromBytes, type PackName } from '@lifeboat/kernel';
import { packBlob } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import { memoryPack } from '../../testing/memory-pack.ts';
import { storeWith } from '../../testing/index.ts';
import type { Finding } from '../finding.ts';
import { hexIds } from './hex-ids.ts';
import type { KeySearch } from './key-search.ts';
import { strangers, type Stranger } from './strangers.ts';

const PACK = memoryPack([Buffer.from('first'), Buffer.from('second')]);
const BLOB = packBlob(PACK.name);
const OURS = uuidFromBytes(Buffer.alloc(16, 1));
const CLUSTER = uuidFromBytes(Buffer.alloc(16, 2));
const ANOTHER = uuidFromBytes(Buffer.alloc(16, 9));
const search = { keysOf: async () => PACK.keys } as unknown as KeySearch;

interface Scene {
  readonly bytes?: Buffer;
  readonly vault?: string;
  readonly change?: Parameters<typeof storeWith>[1];
  readonly known?: boolean;
  /** Name of a pack that is just being closed. */
  readonly closing?: PackName;
  readonly missing?: readonly string[];
}

async function found(scene: Scene = {}): Promise<Stranger[]> {
  const { bytes = PACK.bytes, vault = OURS, change = {}, known = false, closing, missing = [] } = scene;
  const store = new MemoryBlobStore();
  await store.put(BLOB, bytes);
  const parts = {
    id: vault,
    store: storeWith(store, change),
    log: silentLog,
    catalog: { packs: { byName: async () => (known ? {} : undefined) } },
    openPacks: { files: async () => (closing ? [{ file: 'x' }] : []), intendedName: async () => closing },
  } as unknown as VaultParts;
  return all(strangers(parts, search, new Set(missing), () => undefined));
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const each: T[] = [];
  for await (const one of stream) each.push(one);
  return each;
}

function spoilt(...offsets: readonly number[]): Buffer {
  const bytes = Buffer.from(PACK.bytes);
  for (const offset of offsets) bytes[offset]! ^= 1;
  return bytes;
}

describe('a pack that the catalog does not know', () => {
  it('is read, and told with what of it sets lack', async () => {
    const [{ verdict }] = (await found()) as [Stranger];
    const [id] = hexIds(verdict.good.ids) as [string];
    expect(verdict).toMatchObject({
      findings: [],
      good: { offsets: [expect.any(Number), expect.any(Number)] },
    });
    expect(await found({ missing: [id, '00'] })).toMatchObject([
      { name: PACK.name, bytes: PACK.bytes.length, cluster: CLUSTER, wanted: [id] },
    ]);
  });

  it('is none while it is being closed, when a row tells of it, and when it went meanwhile', async () => {
    expect(await found({ known: true })).toEqual([]);
    expect(await found({ closing: PACK.name })).toEqual([]);
    expect(await found({ change: { size: async () => undefined } })).toEqual([]);
  });

  it('is of the cluster that its frames say when its header is damaged', async () => {
    const [stranger] = await found({ bytes: spoilt(0) });
    expect(stranger).toMatchObject({ cluster: CLUSTER, verdict: { findings: [{ kind: 'pack-damaged' }] } });
    expect(stranger!.verdict.good.offsets).toHaveLength(2);
  });

  const NOTHING = {
    cluster: undefined,
    wanted: [],
    verdict: { findings: [{ kind: 'pack-damaged', message: 'nothing in it is of this vault' }] },
  };
  it.each<[string, Scene]>([
    ['by its header is another vault’s', { vault: ANOTHER }],
    ['by its frames is another vault’s', { vault: ANOTHER, bytes: spoilt(0) }],
    ['has neither header nor frames', { bytes: Buffer.alloc(500) }],
  ])('is of nobody when it %s', async (_, scene) => {
    expect(await found(scene)).toMatchObject([NOTHING]);
  });

  it('is not judged by its frames when its header could not be read for once', async () => {
    let reads = 0;
    const read = async (_: string, at: number, length: number): Promise<Buffer> =>
      (reads += 1) === 1 ? Promise.reject(new Error('no answer')) : PACK.read(at, length);
    await expect(found({ change: { read } })).rejects.toThrow('no answer');
  });
});

it('a blob that is named as no pack is, is told of as foreign', async () => {
  const store = new MemoryBlobStore();
  await store.put('packs/README', Buffer.from('?'));
  const foreign: Finding[] = [];
  const parts = { store } as unknown as VaultParts;
  const packs = strangers(parts, search, new Set(), (each) => void foreign.push(each));
  expect(await all(packs)).toEqual([]);
  expect(foreign).toMatchObject([{ subject: 'packs/README', kind: 'pack-unknown' }]);
});
