import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '@lifeboat/kernel';
import { Backoff } from '@lifeboat/runtime';
import { ChunkFetcher, type Wanted } from './chunk-fetcher.ts';
import { MemoryVault } from './memory-vault.fixture.ts';

let vault: MemoryVault;
let fetcher: ChunkFetcher;
beforeEach(() => {
  vault = new MemoryVault();
  const backoff = new Backoff({ baseMillis: 1, maxMillis: 1 });
  fetcher = new ChunkFetcher({
    restoreId: 'r',
    open: vault.open,
    idKey: vault.idKey,
    log: silentLog,
    backoff,
  });
});
afterEach(() => fetcher.close());

function put(from: number, count: number): { raws: Buffer[]; wanted: Wanted[] } {
  const raws = Array.from({ length: count }, (_, index) => Buffer.from(`chunk ${from + index}`));
  return { raws, wanted: raws.map((raw) => ({ chunk: vault.put('data', raw), length: raw.length })) };
}

async function fetched(wanted: readonly Wanted[]): Promise<Buffer[]> {
  const found: Buffer[] = [];
  await fetcher.fetch('data', wanted, (index, bytes) => (found[index] = Buffer.from(bytes)));
  return found;
}

describe('ChunkFetcher', () => {
  it('serves fetches that overlap over one call', async () => {
    const [one, two] = [put(0, 3000), put(3000, 20)];
    const both = await Promise.all([fetched(one.wanted), fetched(two.wanted)]);
    expect(both).toEqual([one.raws, two.raws]);
    expect(vault.calls).toBe(1);
  });

  it('gets each chunk once, however often the call breaks off under overlapping fetches', async () => {
    const [one, two] = [put(0, 40), put(40, 40)];
    vault.breakAfter = 15;
    const both = await Promise.all([fetched(one.wanted), fetched(two.wanted)]);
    expect(both).toEqual([one.raws, two.raws]);
    expect(vault.calls).toBeGreaterThan(4);
  });

  it('fails every fetch that is under way with what one of them meets', async () => {
    const { wanted } = put(0, 2000);
    const absent = { chunk: Buffer.alloc(33, 1), length: 5 };
    const results = await Promise.allSettled([fetched([absent]), fetched(wanted)]);
    expect(results).toEqual(
      results.map(() => ({ status: 'rejected', reason: expect.objectContaining({ code: 'CHUNK_MISSING' }) })),
    );
  });

  it('takes no chunk of another length, and none whose bytes are other ones', async () => {
    const { wanted } = put(0, 1);
    const longer = { ...wanted[0]!, length: 8 };
    await expect(fetched([longer])).rejects.toMatchObject({ code: 'PROTOCOL_BREACH' });
    vault.chunks.set(wanted[0]!.chunk.toString('hex'), Buffer.from('chunk X'));
    await expect(fetched(wanted)).rejects.toMatchObject({ code: 'VERIFY_MISMATCH' });
  });

  it('settles only when nothing is done with its chunks any more', async () => {
    const { wanted } = put(0, 3);
    const later = Promise.withResolvers<void>();
    let ended = 0;
    const fetching = fetcher.fetchPacked(wanted, async ({ indexes }) => {
      if (indexes.includes(2)) throw new Error('this one fails');
      await later.promise;
      ended += 1;
    });
    fetching.catch(() => undefined);
    setTimeout(later.resolve, 20);
    await expect(fetching).rejects.toThrow('this one fails');
    expect(ended).toBe(vault.sent - 1);
  });
});
