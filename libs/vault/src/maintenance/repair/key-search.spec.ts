import { describe, expect, it } from '@jest/globals';
import { MemoryBlobStore } from '@lifeboat/blob-store';
import { LifeboatError, silentLog, uuidFromBytes, type ClusterId, type PackName } from '@lifeboat/kernel';
import { keyIdOf } from '@lifeboat/vault-format';
import { packBlob } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import { frameHeaderAt } from '../../testing/frame-places.ts';
import { memoryPack } from '../../testing/memory-pack.ts';
import { storeWith } from '../../testing/index.ts';
import { KeySearch } from './key-search.ts';

const CLUSTER = uuidFromBytes(Buffer.alloc(16, 2)) as ClusterId;
const OTHER = uuidFromBytes(Buffer.alloc(16, 9)) as ClusterId;
const WRAPPED = Buffer.alloc(80, 3);
const KEY_ID = keyIdOf(WRAPPED).toString('hex');
const UNKNOWN_KEY = 'ee'.repeat(16);

const HURT = 'a'.repeat(64) as PackName;
const WHOLE = 'b'.repeat(64) as PackName;

/** Two packs with one session's key, of which one lost its copy; tables that no key opens. `of`: whose the others are. */
async function search({ of = CLUSTER, listed = [WHOLE], away }: Scene = {}): Promise<KeySearch> {
  const { bytes } = memoryPack([Buffer.from('chunk')]);
  const hurt = Buffer.from(bytes);
  hurt[frameHeaderAt(hurt, 0)]! ^= 1;
  const store = new MemoryBlobStore();
  await store.put(packBlob(HURT), hurt);
  await store.put(packBlob(WHOLE), bytes);
  const keys = {
    afresh: () => keys,
    idKey: () => Buffer.alloc(32),
    sessionKey: () => undefined,
    withAny: async () => Promise.reject(new LifeboatError('DECRYPTION_FAILED', 'no key')),
    unwrap: async (_: ClusterId, __: string, wrapped: Buffer) => wrapped,
  };
  const rows = listed.map((name, index) => ({ id: BigInt(index + 1), name, cluster: of }));
  return new KeySearch({
    id: uuidFromBytes(Buffer.alloc(16, 1)),
    store: storeWith(store, {
      read: async (name, offset, length) =>
        name === away ? Promise.reject(new Error('no answer')) : store.read(name, offset, length),
    }),
    keys,
    log: silentLog,
    catalog: { packs: { listClosed: async () => rows } },
  } as unknown as VaultParts);
}

interface Scene {
  readonly of?: ClusterId;
  readonly listed?: readonly PackName[];
  /** A blob that cannot be read for now. */
  readonly away?: string;
}

describe('session keys of a pack', () => {
  it('are its own, or those that another pack of the cluster carries', async () => {
    for (const name of [WHOLE, HURT]) {
      const { session } = await (await search()).keysOf(CLUSTER, name);
      expect(await session(KEY_ID)).toEqual(WRAPPED);
    }
  });

  it('are missed as those of the pack when no other one carries them', async () => {
    const { session } = await (await search()).keysOf(CLUSTER, HURT);
    await expect(session(UNKNOWN_KEY)).rejects.toMatchObject({
      code: 'FORMAT_DAMAGED',
      message: expect.stringContaining(HURT),
    });
  });

  it('are not looked for in packs of another cluster', async () => {
    const { session } = await (await search({ of: OTHER })).keysOf(CLUSTER, HURT);
    await expect(session(KEY_ID)).rejects.toMatchObject({ code: 'FORMAT_DAMAGED' });
  });

  it('are found although another pack is gone', async () => {
    const listed = ['c'.repeat(64) as PackName, WHOLE];
    const { session } = await (await search({ listed })).keysOf(CLUSTER, HURT);
    expect(await session(KEY_ID)).toEqual(WRAPPED);
  });

  it('are not taken for lost while another pack cannot be read', async () => {
    const { session } = await (await search({ away: packBlob(WHOLE) })).keysOf(CLUSTER, HURT);
    await expect(session(KEY_ID)).rejects.toThrow('no answer');
  });

  it('go wrapped along with copies of its frames, those that are somewhere', async () => {
    const wanted = new Set([KEY_ID, UNKNOWN_KEY]);
    for (const name of [WHOLE, HURT])
      expect(await (await search()).wrapped(CLUSTER, name, wanted)).toStrictEqual([WRAPPED]);
  });
});
