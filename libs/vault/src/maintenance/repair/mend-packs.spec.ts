import { describe, expect, it } from '@jest/globals';
import { MemoryBlobStore } from '@lifeboat/blob-store';
import type { PackRow } from '@lifeboat/catalog';
import { silentLog, uuidFromBytes, type ClusterId, type PackName } from '@lifeboat/kernel';
import { packBlob } from '../../layout.ts';
import type { VaultParts } from '../../parts.ts';
import { memoryPack } from '../../testing/memory-pack.ts';
import { finding } from '../finding.ts';
import type { VaultHelp } from '../vault-help.ts';
import { verifyPackBytes } from '../verify-pack-bytes.ts';
import type { ExaminedPack } from './examine-pack.ts';
import { hexIds } from './hex-ids.ts';
import type { PackRemedy } from './judge-damage.ts';
import type { KeySearch } from './key-search.ts';
import { PackMender } from './mend-packs.ts';
import type { Stranger } from './strangers.ts';

const PACK = memoryPack([Buffer.from('first'), Buffer.from('second')]);
const BLOB = packBlob(PACK.name);
const SECOND = 'b'.repeat(64) as PackName;
const CLUSTER = uuidFromBytes(Buffer.alloc(16, 2)) as ClusterId;
const LARGE = 128 * 1024 * 1024;
const { good: GOOD } = await verifyPackBytes(PACK, PACK.keys);

interface Scene {
  /** Places, among the good frames, of those that are proved to lie elsewhere. */
  readonly covered?: readonly number[];
  /** Its blob went when its rows had been read, and before it was asked how long it is. */
  readonly gone?: boolean;
}

/** What was done, in order, and the mender that does it: in a vault whose catalog notes what it is told. */
async function scene({ covered = [0, 1], gone = false }: Scene = {}): Promise<{
  done: string[];
  store: MemoryBlobStore;
  mender: PackMender;
}> {
  const done: string[] = [];
  const does = (what: string) => async () => void done.push(what);
  const store = new MemoryBlobStore();
  for (const name of [PACK.name, SECOND]) await store.put(packBlob(name), PACK.bytes);
  const parts = {
    id: uuidFromBytes(Buffer.alloc(16, 1)),
    store,
    keys: {
      withAny: async (_: ClusterId, use: (keys: object) => unknown) => use({ tableKey: Buffer.alloc(32) }),
    },
    log: { ...silentLog, error: (_: object, message: string) => void done.push(message) },
    random: (bytes: number) => Buffer.alloc(bytes, 7),
    clock: { now: () => new Date(0) },
    locate: async () => [],
    catalog: {
      packs: {
        remove: does('row removed'),
        heal: does('healed'),
        adopt: async ({ bytes }: { bytes: number }) => done.push(`adopted with ${bytes} bytes`),
      },
      chunks: {
        coveredElsewhere: async () => covered,
        forgetStrays: async () => undefined,
        insert: async () => (gone ? store.delete(BLOB) : undefined),
      },
    },
  } as unknown as VaultParts;
  const help = {
    ingest: async () => ({ append: does('copied') }),
    closeOpenPacks: does('copies closed'),
    prove: does('copies proved'),
    forgetClosures: () => undefined,
  } as unknown as VaultHelp;
  const search = { wrapped: async () => [] } as unknown as KeySearch;
  return { done, store, mender: new PackMender(parts, help, search) };
}

const stranger = (changes: Partial<Stranger> = {}): Stranger => ({
  name: PACK.name,
  bytes: 1,
  cluster: CLUSTER,
  verdict: { findings: [finding(PACK.name, 'pack-damaged', 'x')], good: GOOD },
  wanted: hexIds(GOOD.ids),
  ...changes,
});

const examined = (remedy: PackRemedy): ExaminedPack => ({
  name: PACK.name,
  pack: { id: 5n, cluster: CLUSTER, name: PACK.name, bytes: PACK.bytes.length } as PackRow,
  remedy,
  findings: [],
  good: GOOD,
  lost: [],
});

describe('a damaged pack', () => {
  it('goes aside when its good frames are proved to lie elsewhere, and its row with it', async () => {
    const { done, store, mender } = await scene();
    await mender.mend(examined('salvage'));
    expect(done).toEqual([]);
    await mender.settle();
    expect(done).toEqual(['copies closed', 'copies proved', 'row removed']);
    expect(mender.quarantined).toEqual([`quarantine/${BLOB}`]);
    expect(await store.size(BLOB)).toBeUndefined();
  });

  it('goes aside although the catalog has lost how long it is', async () => {
    const { mender } = await scene();
    const { pack, ...rest } = examined('salvage');
    await mender.mend({ ...rest, pack: { ...pack, bytes: null } });
    await mender.settle();
    expect(mender.quarantined).toEqual([`quarantine/${BLOB}`]);
  });

  it('stays, with its row, while the copies of its good frames are not proved', async () => {
    const { done, store, mender } = await scene({ covered: [0] });
    await mender.mend(examined('salvage'));
    await mender.settle();
    expect(done).toEqual([
      'copied',
      'copies closed',
      'copies proved',
      expect.stringContaining('the pack stays'),
    ]);
    expect(mender.quarantined).toEqual([]);
    expect(await store.size(BLOB)).toBe(PACK.bytes.length);
  });

  it('stays as it is when a newer release wrote it', async () => {
    const { done, store, mender } = await scene();
    await mender.mend(examined('leave'));
    await mender.mendStranger(stranger(), 'left');
    await mender.settle();
    expect(done).toEqual([]);
    expect(await store.size(BLOB)).toBe(PACK.bytes.length);
  });
});

describe('a damaged pack that the catalog does not know', () => {
  it('goes aside at once when much is waiting that was copied, with all that waits', async () => {
    const { mender } = await scene();
    await mender.mendStranger(stranger({ bytes: LARGE, wanted: [] }), 'quarantined');
    expect(mender.quarantined).toEqual([]);
    await mender.mendStranger(stranger({ name: SECOND, bytes: LARGE }), 'salvaged');
    expect(mender.quarantined).toEqual([PACK.name, SECOND].map((name) => `quarantine/${packBlob(name)}`));
  });

  it('goes aside without a look at any cluster when nothing in it is of this vault', async () => {
    const { done, store, mender } = await scene();
    const of = { cluster: undefined, wanted: [] };
    await mender.mendStranger(stranger(of), 'quarantined');
    await mender.settle();
    expect(done).toEqual(['copies proved']);
    expect(mender.quarantined).toEqual([`quarantine/${BLOB}`]);
    expect(await store.size(BLOB)).toBeUndefined();
  });
});

describe('a whole pack whose rows are wrong', () => {
  it('counts again, with the length that it has', async () => {
    const { done, mender } = await scene();
    await mender.mend(examined('rows'));
    expect(done).toEqual([`adopted with ${PACK.bytes.length} bytes`, 'healed']);
  });

  it('does not count when it is gone meanwhile', async () => {
    const { done, mender } = await scene({ gone: true });
    await expect(mender.mend(examined('rows'))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    expect(done).toEqual([]);
  });
});
